import type { EntryOutcome, RecordVerdict, VerifyProgress } from '../execution-machine/index.ts';
import { encodeBase64url, type CanonicalValue } from '../integrity/index.ts';
import { formatBytes } from './human-bytes.ts';
import { printable } from './printable.ts';
import { clockTime, grouped, progressBar } from './progress.ts';
import type { WatchedPromises } from './watched-promises.ts';

/** How many actions of one function came to what. */
export type OutcomeCounts = Readonly<Record<EntryOutcome['kind'], number>>;

/** One line about a verification at work, cut to a width. */
export function verifyLine(progress: VerifyProgress, width: number): string {
  const { entryCount, entriesTotal, byteCount, secondsLeft } = progress;
  const share = entriesTotal === 0 ? 1 : entryCount / entriesTotal;
  const left = secondsLeft === null ? [] : [`${clockTime(secondsLeft * 1_000)} left`];
  const entries = `${grouped(entryCount)} of ${grouped(entriesTotal)} entries`;
  return [progressBar(share), entries, formatBytes(byteCount), ...left]
    .join('  ')
    .slice(0, Math.max(width - 1, 0));
}

/** A verdict as JSON. */
export function verdictJson(
  verdict: RecordVerdict,
  more: {
    readonly source: string;
    readonly outcomes: OutcomeCounts | null;
    readonly promises: WatchedPromises | null;
  },
): object {
  const { trusted, folded, claimed, difference } = verdict;
  const { origin, size, root } = trusted.checkpoint;
  return {
    source: more.source,
    level: verdict.level,
    log: origin,
    size,
    root: encodeBase64url(root),
    cosigners: [...trusted.cosigners.keys()],
    view: verdict.view,
    entries: verdict.entryCount,
    bytes: verdict.byteCount,
    folded: folded && {
      actions: folded.actionCount,
      claimsAgreed: folded.agreedCount,
      root: encodeBase64url(folded.root),
    },
    ...(more.outcomes === null ? {} : { outcomes: more.outcomes }),
    claimed: claimed && {
      key: claimed.row.key,
      value: valueJson(claimed.row.value),
      after: claimed.claim.index,
      at: claimed.at,
    },
    promises: more.promises && promisesJson(more.promises),
    difference: difference && differenceJson(difference),
  };
}

function promisesJson({ keptCount, waitingCount, broken }: WatchedPromises): object {
  const told = broken.map(({ promise: { index, entry, byMs }, proof }) => {
    return { index, entry, promisedByMs: byMs, proof };
  });
  return { kept: keptCount, waiting: waitingCount, broken: told };
}

function differenceJson(difference: NonNullable<RecordVerdict['difference']>): object {
  switch (difference.kind) {
    case 'forked':
      return {
        kind: 'forked',
        sizes: [difference.proof.older, difference.proof.newer].map((one) => one.checkpoint.size),
      };
    case 'entry':
      return { kind: 'entry', index: difference.index, ...difference.why };
    case 'row':
      return { kind: 'row', ...difference.why };
    case 'root':
      return {
        ...difference,
        claimed: encodeBase64url(difference.claimed),
        found: encodeBase64url(difference.found),
      };
  }
}

/** A verdict, and what became of promises, in words, a line each. */
export function verdictLines(
  verdict: RecordVerdict,
  promises: WatchedPromises | null,
): readonly string[] {
  const { trusted, folded, claimed, difference } = verdict;
  const { origin, size } = trusted.checkpoint;
  const lines = [`${printable(origin)}: ${grouped(size)} entries, ${seenBy(verdict)}`];
  lines.push(VIEWS[verdict.view]);
  if (verdict.entryCount > 0) {
    const bytes = formatBytes(verdict.byteCount);
    lines.push(`${grouped(verdict.entryCount)} entries (${bytes}): hash and signature are right.`);
  }
  if (folded !== null) {
    const claims =
      folded.agreedCount === 1 ? '1 claimed root' : `${folded.agreedCount} claimed roots`;
    lines.push(`${grouped(folded.actionCount)} actions evaluated again: ${claims} found true.`);
  }
  if (claimed !== null) {
    const { row, at, claim } = claimed;
    lines.push(`${printable(row.key)} = ${valueText(row.value)}`);
    lines.push(`So it was after entry ${claim.index}, as the log claims in entry ${at}.`);
  }
  const { keptCount = 0, waitingCount = 0, broken = [] } = promises ?? {};
  if (keptCount > 0) lines.push(`${promisesWord(keptCount)} of this log to you: kept.`);
  if (waitingCount > 0)
    lines.push(`${promisesWord(waitingCount)} of this log to you: not due yet.`);
  lines.push(...broken.map(brokenLine));
  if (difference !== null) lines.push(differenceLine(difference));
  else if (broken.length === 0) lines.push('All is as it should be.');
  return lines;
}

function promisesWord(count: number): string {
  return count === 1 ? '1 promise' : `${grouped(count)} promises`;
}

function brokenLine({ promise, proof }: WatchedPromises['broken'][number]): string {
  const { index, entry, byMs } = promise;
  const what = `entry ${entry} was promised at ${index ?? 'some place'}, by ${new Date(byMs).toISOString()}`;
  return proof === null
    ? `PROMISE OVERDUE: ${what}, and is not there. No witness says how late it is: ask again, and keep the promise.`
    : `PROMISE BROKEN: ${what}, and is not there. The proof is in ${proof}: show it to others.`;
}

const VIEWS: Readonly<Record<RecordVerdict['view'], string>> = {
  first: 'Seen for the first time, and pinned from now on.',
  same: 'The same checkpoint as seen before.',
  grown: 'It grew out of the checkpoint seen before.',
  behind:
    'SMALLER than what was seen before: a copy that lags, or a log that hides what it showed.',
};

function seenBy({ trusted }: RecordVerdict): string {
  const names = [...trusted.cosigners.keys()];
  return names.length === 0 ? 'signed by the log alone' : `cosigned by ${names.join(', ')}`;
}

function differenceLine(difference: NonNullable<RecordVerdict['difference']>): string {
  switch (difference.kind) {
    case 'forked': {
      const { older, newer } = difference.proof;
      const sizes = `${older.checkpoint.size} and ${newer.checkpoint.size} entries`;
      return `FORKED: the log signed two histories, of ${sizes}.`;
    }
    case 'entry':
      return `DIFFERS at entry ${difference.index}: ${printable(difference.why.message)}`;
    case 'row':
      return `NOT PROVEN: ${printable(difference.why.message)}`;
    case 'root': {
      const { afterIndex, index } = difference;
      const from = afterIndex < 0 ? 'from the beginning on' : `behind entry ${afterIndex}`;
      return `DIFFERS: the state claimed for entry ${index} is not what evaluation finds; the first entry that differs is ${from}, and not behind entry ${index}.`;
    }
  }
}

/** A value of state for people: nothing where the key has no row. */
function valueText(value: CanonicalValue | undefined): string {
  return value === undefined ? 'nothing' : printable(JSON.stringify(valueJson(value)));
}

/** Bytes as base64url; null where the key has no row. */
function valueJson(value: CanonicalValue | undefined): unknown {
  if (value instanceof Uint8Array) return { bytes: encodeBase64url(value) };
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (Array.isArray(value)) return value.map(valueJson);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, valueJson(one)]));
}
