// Address ranges from which agents come, because keys cost nothing and addresses do. An agent
// without one shares its origin with nobody.
import { ORIGIN_JOB_SHARE_MAX, ORIGIN_LEASES_FREE } from '../domain/limits.ts';
import type { Agent, RequirementGroup, Stage } from './state.ts';

type Origin = Pick<Agent, 'origin'>;

/** Whether two agents come from one address range. */
export function shareOrigin(a: Origin, b: Origin): boolean {
  return a.origin !== null && a.origin === b.origin;
}

/** Whether an agent of another address range may be given tasks of a group, besides able ones. */
export function isAnotherOriginAble(
  { ableCount, ableOfOrigin }: RequirementGroup,
  { origin }: Origin,
): boolean {
  return ableCount > (origin === null ? 0 : (ableOfOrigin.get(origin) ?? 0));
}

/**
 * How many more leases of a stage an agent's address range may hold: at most ORIGIN_JOB_SHARE_MAX
 * of all that are out with them, where agents of another range are able; ORIGIN_LEASES_FREE anyway.
 * O(1).
 */
export function originRoom(stage: Stage, agent: Origin): number {
  const { origin } = agent;
  if (origin === null || !isAnotherOriginAble(stage.group, agent)) return Infinity;
  const held = stage.outOfOrigin.get(origin) ?? 0;
  // The most for which held + more <= share * (out + more).
  const spare = ORIGIN_JOB_SHARE_MAX * stage.leasesOut - held;
  const more = Math.floor(spare / (1 - ORIGIN_JOB_SHARE_MAX));
  return Math.max(0, more, ORIGIN_LEASES_FREE - held);
}

/** Counts agents or leases of an address range; none is counted of an agent without. */
export function countOrigin(counts: Map<string, number>, origin: string | null, by: number): void {
  if (origin === null) return;
  const count = (counts.get(origin) ?? 0) + by;
  if (count === 0) counts.delete(origin);
  else counts.set(origin, count);
}
