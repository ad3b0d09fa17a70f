import { fieldsOf, type CanonicalValue } from '../../integrity/index.ts';

/** A work and what a unit of it is worth. */
export type Price = { readonly work: string; readonly units: number };

export type SourceSettings = {
  /** By work; empty where the source has none. */
  readonly prices: readonly Price[];
  /** Units that must have voted; null where it is no governance. */
  readonly quorum: number | null;
  readonly votingMs: number | null;
  readonly delayMs: number | null;
};

const FIRST_LINE = /^const settings = (\{.*\});$/;

/**
 * What a source says in its line of settings; null where it has none that can be read.
 *
 * The source may come from an attacker: it is read as JSON, and never run here.
 */
export function settingsIn(source: string): SourceSettings | null {
  const [, json] = FIRST_LINE.exec(source.split('\n', 1)[0] ?? '') ?? [];
  const settings = json === undefined ? null : parsed(json);
  if (settings === null) return null;
  const number = (name: string): number | null => {
    const value = settings.get(name);
    return typeof value === 'number' ? value : null;
  };
  const prices = [...(fieldsOf(settings.get('prices')) ?? [])].flatMap(([work, units]) =>
    typeof units === 'number' ? [{ work, units }] : [],
  );
  return {
    prices,
    quorum: number('quorum'),
    votingMs: number('votingMs'),
    delayMs: number('delayMs'),
  };
}

function parsed(json: string): ReadonlyMap<string, CanonicalValue> | null {
  try {
    return fieldsOf(JSON.parse(json)) ?? new Map();
  } catch {
    return null;
  }
}
