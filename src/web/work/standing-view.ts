import { fieldsOf, type CanonicalValue } from '../../integrity/index.ts';

/** How this browser's key stands, as the function `standing` has it. Times are Unix milliseconds. */
export type StandingView = {
  readonly untilMs: number;
  /** What checks found. */
  readonly evidence: string;
  readonly appeal: { readonly atMs: number; readonly words: string } | null;
  /** What another judge said; a quarantine that it lifted is over, and not here. */
  readonly decision: { readonly judge: string; readonly words: string } | null;
};

/** The quarantine that a key is in at an instant; null where it is in none. */
export function standingFrom(
  row: CanonicalValue | undefined,
  of: { readonly amnesty: CanonicalValue | undefined; readonly nowMs: number },
): StandingView | null {
  const fields = fieldsOf(row);
  const [untilMs, atMs] = [fields?.get('untilMs'), fields?.get('atMs')];
  const evidence = fields?.get('evidence');
  if (typeof untilMs !== 'number' || typeof atMs !== 'number') return null;
  const amnestyMs = fieldsOf(of.amnesty)?.get('atMs');
  const isForgiven = typeof amnestyMs === 'number' && atMs <= amnestyMs;
  if (untilMs <= of.nowMs || isForgiven) return null;
  const appeal = fieldsOf(fields?.get('appeal'));
  const [appealedMs, appealWords] = [appeal?.get('atMs'), appeal?.get('words')];
  const decision = fieldsOf(fields?.get('decision'));
  const [judge, words] = [decision?.get('judge'), decision?.get('words')];
  return {
    untilMs,
    evidence: typeof evidence === 'string' ? evidence : '',
    appeal:
      typeof appealedMs === 'number' && typeof appealWords === 'string'
        ? { atMs: appealedMs, words: appealWords }
        : null,
    decision: typeof judge === 'string' && typeof words === 'string' ? { judge, words } : null,
  };
}
