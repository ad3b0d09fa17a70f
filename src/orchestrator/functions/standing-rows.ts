// What the function `standing` says, read as what may have been written by another version of it.
import { decodeCanonical, fieldsOf } from '../../integrity/index.ts';

/** What stands there of one key. Times are Unix milliseconds of the log. */
export type StandingRow = {
  readonly judge: string;
  readonly atMs: number;
  readonly untilMs: number;
  /** What another or the same judge decided; null where nobody did. */
  readonly decision: {
    readonly judge: string;
    readonly lift: boolean;
    readonly words: string;
  } | null;
};

/** A row of `of/`; null where it is none. */
export function standingRowOf(value: Uint8Array): StandingRow | null {
  const decoded = decodeCanonical(value);
  const fields = decoded.ok ? fieldsOf(decoded.value) : null;
  const [judge, atMs, untilMs] = ['judge', 'atMs', 'untilMs'].map((name) => fields?.get(name));
  if (typeof judge !== 'string' || typeof atMs !== 'number' || typeof untilMs !== 'number') {
    return null;
  }
  const decided = fieldsOf(fields?.get('decision'));
  const [by, lift, words] = ['judge', 'lift', 'words'].map((name) => decided?.get(name));
  const isDecided =
    typeof by === 'string' && typeof lift === 'boolean' && typeof words === 'string';
  return { judge, atMs, untilMs, decision: isDecided ? { judge: by, lift, words } : null };
}

/** When the row "amnesty" says that all was forgiven; -1 where it does not. */
export function amnestyMsOf(value: Uint8Array): number {
  const decoded = decodeCanonical(value);
  const atMs = decoded.ok ? fieldsOf(decoded.value)?.get('atMs') : null;
  return typeof atMs === 'number' ? atMs : -1;
}

/** Whose quarantine, written by `own`, others ended, and why. */
export function decisionsIn(
  of: { readonly rows: ReadonlyMap<string, StandingRow>; readonly amnestyMs: number },
  own: string,
): readonly { readonly agent: string; readonly reason: string }[] {
  const decisions: { agent: string; reason: string }[] = [];
  for (const [agent, { judge, atMs, decision }] of of.rows) {
    if (judge !== own) continue;
    if (decision !== null && decision.lift && decision.judge !== own) {
      const reason = `lifted on appeal by ${decision.judge}: ${decision.words}`;
      decisions.push({ agent, reason });
    } else if (decision?.lift !== true && atMs <= of.amnestyMs) {
      decisions.push({ agent, reason: 'an amnesty in the record' });
    }
  }
  return decisions;
}
