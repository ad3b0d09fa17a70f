import type { Verdict } from '../../domain/checking.ts';

/** The two numbers that a check's reason names. */
export type WrongElement = {
  /** Where it is, in the check's words. */
  readonly place: string;
  readonly claimed: string;
  readonly right: string;
};

// As `workloads/read-inputs.ts` words it; what is worded otherwise is shown as it is.
const NUMBERS = /^(.*?),? is (\S+), recomputed (\S+)/;

/** The wrong element that a reason tells of; null where it tells of none. */
export function wrongElementIn(reason: string): WrongElement | null {
  const [, place, claimed, right] = NUMBERS.exec(reason) ?? [];
  if (place === undefined || claimed === undefined || right === undefined) return null;
  return { place, claimed, right };
}

/**
 * Whether two checks came to the same: accepted both, or rejected for the same claim.
 *
 * What was recomputed may differ in its last digits from one machine's arithmetic to another's.
 */
export function isSameVerdict(one: Verdict, other: Verdict): boolean {
  if (one.kind === 'accepted' || other.kind === 'accepted') return one.kind === other.kind;
  return withoutRight(one.reason) === withoutRight(other.reason);
}

function withoutRight(reason: string): string {
  return reason.replace(/recomputed \S+/g, 'recomputed');
}
