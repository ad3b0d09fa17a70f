// Which agents can do which stages. Offers that are the same form one class, and so do needs: a
// join, a leave or a request looks at classes, of which there are as many as there are kinds of
// devices and of stages, not as many as there are agents and jobs.
import { laneBytes, type Capability } from '../domain/capability.ts';
import type { AgentId } from '../domain/ids.ts';
import { PRIMITIVES } from '../domain/operator.ts';
import type { Requirement } from '../domain/work.ts';
import { Heap } from './heap.ts';
import { countOrigin } from './origins.ts';
import { plainText } from './plain-text.ts';
import type {
  Agent,
  Device,
  Job,
  Offer,
  OfferClass,
  RequirementGroup,
  SchedulerState,
} from './state.ts';

type Need = { readonly primitiveBits: number; readonly memoryBytes: number };

/** What a capability offers to one task: its lanes share the memory. */
export function offerOf(capability: Capability): Offer {
  const { primitives } = capability;
  const primitiveBits = bitsOf((name) => name in primitives);
  return { primitiveBits, laneBytes: laneBytes(capability) };
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
  for (const offer of state.offers.values()) {
    if (covers(offer, need)) count += offer.agentCount;
  }
  return count;
}

/** The device of an agent that comes, made if it is the first of its kind. */
export function enterDevice(state: SchedulerState, capability: Capability): Device {
  const key = plainText(capability);
  let device = state.devices.get(key);
  if (device === undefined) {
    device = { key, capability, offer: enterOffer(state, capability), agentCount: 0 };
    state.devices.set(key, device);
  }
  device.agentCount++;
  return device;
}

/** An agent with a device goes; the last one takes the device along. */
export function leaveDevice(state: SchedulerState, device: Device): void {
  if (--device.agentCount > 0) return;
  state.devices.delete(device.key);
  const { offer } = device;
  if (--offer.deviceCount > 0) return;
  state.offers.delete(offer.key);
}

/** Counts an agent in as one that may be given tasks. O(groups that it covers). */
export function countIn(device: Device, origin: string | null): void {
  countBy(device, origin, 1);
}

/** Counts out again an agent that was counted in. */
export function countOut(device: Device, origin: string | null): void {
  countBy(device, origin, -1);
}

/** Whether an agent may be given tasks of a group, now or when it asks. */
export function isAble(agent: Agent, group: RequirementGroup): boolean {
  const { presence, quarantine } = agent;
  return presence !== null && quarantine === null && covers(presence.device.offer, group);
}

/** Whether anyone is able besides these, who are all different. */
export function othersAble(
  state: SchedulerState,
  group: RequirementGroup,
  besides: readonly AgentId[],
): boolean {
  if (group.ableCount > besides.length) return true;
  let able = group.ableCount;
  for (const id of besides) {
    const agent = state.agents.get(id);
    if (agent !== undefined && isAble(agent, group)) able--;
  }
  return able > 0;
}

/** The group of a requirement, made if it is the first. */
export function groupOf(state: SchedulerState, requirement: Requirement): RequirementGroup {
  const need = needOf(requirement);
  const key = `${need.primitiveBits}:${need.memoryBytes}`;
  const known = state.groups.get(key);
  if (known !== undefined) return known;
  const group: RequirementGroup = {
    key,
    ...need,
    jobs: new Set(),
    open: new Heap({ isBefore: isServedBefore, placeOf: (job) => job.openPlace }),
    fresh: new Heap({ isBefore: isServedBefore, placeOf: (job) => job.freshPlace }),
    lone: new Map(),
    ableCount: 0,
    ableOfOrigin: new Map(),
    ableLanes: 0,
  };
  for (const offer of state.offers.values()) {
    if (!covers(offer, need)) continue;
    offer.groups.add(group);
    group.ableCount += offer.agentCount;
    group.ableLanes += offer.laneCount;
    for (const [origin, count] of offer.agentsOfOrigin) {
      countOrigin(group.ableOfOrigin, origin, count);
    }
  }
  state.groups.set(key, group);
  return group;
}

/** Takes a job out of its group; the last one takes the group along. */
export function leaveGroup(state: SchedulerState, job: Job): void {
  const { group } = job.stage;
  group.jobs.delete(job);
  if (group.jobs.size > 0) return;
  state.groups.delete(group.key);
  for (const offer of state.offers.values()) offer.groups.delete(group);
}

function enterOffer(state: SchedulerState, capability: Capability): OfferClass {
  const offer = offerOf(capability);
  const key = `${offer.primitiveBits}:${offer.laneBytes}`;
  let known = state.offers.get(key);
  if (known === undefined) {
    const none = { agentCount: 0, agentsOfOrigin: new Map(), laneCount: 0, deviceCount: 0 };
    known = { ...offer, ...none, key, groups: new Set() };
    for (const group of state.groups.values()) if (covers(offer, group)) known.groups.add(group);
    state.offers.set(key, known);
  }
  known.deviceCount++;
  return known;
}

function countBy({ offer, capability }: Device, origin: string | null, by: 1 | -1): void {
  const lanes = by * Math.max(1, capability.lanes);
  offer.agentCount += by;
  offer.laneCount += lanes;
  countOrigin(offer.agentsOfOrigin, origin, by);
  for (const group of offer.groups) {
    group.ableCount += by;
    group.ableLanes += lanes;
    countOrigin(group.ableOfOrigin, origin, by);
  }
}

function isServedBefore(a: Job, b: Job): boolean {
  return a.served < b.served || (a.served === b.served && a.number < b.number);
}

function needOf({ primitives, memoryBytes }: Requirement): Need {
  return { primitiveBits: bitsOf((name) => primitives.includes(name)), memoryBytes };
}

/** One bit a primitive; there are fewer than 31 of them. */
function bitsOf(has: (name: (typeof PRIMITIVES)[number]) => boolean): number {
  let bits = 0;
  for (const [index, name] of PRIMITIVES.entries()) if (has(name)) bits |= 1 << index;
  return bits;
}
