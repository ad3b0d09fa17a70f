import type { Capability } from '../domain/capability.ts';
import type { AgentId } from '../domain/ids.ts';
import { PRIMITIVES } from '../domain/operator.ts';
import type { Requirement } from '../domain/work.ts';
import type { Agent, Job, Offer, RequirementGroup, SchedulerState } from './state.ts';
import { Chain } from './chain.ts';

type Need = { readonly primitiveBits: number; readonly memoryBytes: number };

/** What a capability offers to one task: its lanes share the memory. */
export function offerOf(capability: Capability): Offer {
  const laneBytes = Math.floor(capability.memoryBytes / Math.max(1, capability.lanes));
  return { primitiveBits: bitsOf((name) => name in capability.primitives), laneBytes };
}

/** Whether an offer covers a need. */
export function covers(offer: Offer, need: Need): boolean {
  return hasPrimitives(offer, need) && offer.laneBytes >= need.memoryBytes;
}

/** Whether an offer has the primitives of a need, whatever its memory. */
export function hasPrimitives(offer: Offer, need: Need): boolean {
  return (need.primitiveBits & ~offer.primitiveBits) === 0;
}

/** Agents present and not quarantined that cover a requirement. O(different offers present). */
export function countAble(state: SchedulerState, requirement: Requirement): number {
  const need = needOf(requirement);
  let count = 0;
  for (const { offer, agentCount } of state.capabilities.values()) {
    if (covers(offer, need)) count += agentCount;
  }
  return count;
}

/** Counts an agent in as one that may be given tasks. O(groups), at most OPEN_JOBS_MAX. */
export function countIn(state: SchedulerState, offer: Offer): void {
  const key = `${offer.primitiveBits}:${offer.laneBytes}`;
  const known = state.capabilities.get(key);
  if (known === undefined) state.capabilities.set(key, { offer, agentCount: 1 });
  else known.agentCount++;
  for (const group of state.groups.values()) if (covers(offer, group)) group.ableCount++;
}

/** Counts out again an agent that was counted in. */
export function countOut(state: SchedulerState, offer: Offer): void {
  const key = `${offer.primitiveBits}:${offer.laneBytes}`;
  const known = state.capabilities.get(key);
  if (known !== undefined && --known.agentCount === 0) state.capabilities.delete(key);
  for (const group of state.groups.values()) if (covers(offer, group)) group.ableCount--;
}

/** Whether an agent may be given tasks of a group, now or when it asks. */
export function isAble(agent: Agent, group: RequirementGroup): boolean {
  const { presence, quarantine } = agent;
  return presence !== null && quarantine === null && covers(presence.offer, group);
}

/** Whether anyone is able besides these, who are all different. */
export function othersAble(
  state: SchedulerState,
  group: RequirementGroup,
  besides: readonly AgentId[],
): boolean {
  let count = group.ableCount;
  for (const id of besides) {
    const agent = state.agents.get(id);
    if (agent !== undefined && isAble(agent, group)) count--;
  }
  return count > 0;
}

/** The group of a requirement, made if it is the first. */
export function groupOf(state: SchedulerState, requirement: Requirement): RequirementGroup {
  const need = needOf(requirement);
  const key = `${need.primitiveBits}:${need.memoryBytes}`;
  const known = state.groups.get(key);
  if (known !== undefined) return known;
  const made: RequirementGroup = {
    key,
    ...need,
    jobs: new Set(),
    open: new Chain(),
    ableCount: countAble(state, requirement),
  };
  state.groups.set(key, made);
  return made;
}

/** Takes a job out of its group; the last one takes the group along. */
export function leaveGroup(state: SchedulerState, job: Job): void {
  const { group } = job.stage;
  group.jobs.delete(job);
  if (group.jobs.size === 0) state.groups.delete(group.key);
}

function needOf(requirement: Requirement): Need {
  const primitiveBits = bitsOf((name) => requirement.primitives.includes(name));
  return { primitiveBits, memoryBytes: requirement.memoryBytes };
}

/** One bit a primitive; there are fewer than 31 of them. */
function bitsOf(has: (name: (typeof PRIMITIVES)[number]) => boolean): number {
  let bits = 0;
  for (const [index, name] of PRIMITIVES.entries()) if (has(name)) bits |= 1 << index;
  return bits;
}
