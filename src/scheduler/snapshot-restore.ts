import { decode } from 'cborg';
import { failure } from '../domain/failure.ts';
import type { AgentId, SessionId } from '../domain/ids.ts';
import { viewKept } from '../domain/kept-view.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { Chain } from './chain.ts';
import { relist } from './fair-share.ts';
import { TASK } from './lease-table.ts';
import { relistLone } from './lone-tasks.ts';
import { countIn, enterDevice, groupOf } from './matching.ts';
import { countOrigin } from './origins.ts';
import { AcceptedRows, FreshRows } from './row-ranges.ts';
import type { SlotList } from './slot-list.ts';
import { snapshotFrom1, type SnapshotOf1 } from './snapshot-of-1.ts';
import {
  HEAD_LENGTH_BYTES,
  SNAPSHOT_VERSION,
  type JobRecord,
  type Snapshot,
  type TablePlace,
} from './snapshot-format.ts';
import {
  createScheduler,
  SERIALS_PER_EPOCH,
  type Agent,
  type Content,
  type Device,
  type Job,
  type RequirementGroup,
  type ReturnedTasks,
  type SchedulerState,
  type Stage,
} from './state.ts';
import { jobOf as jobOfTask } from './task-rows.ts';

/**
 * The state that `takeSnapshot` was given: it takes the same events to the same effects.
 *
 * The bytes are the store's own, whose checksum was found right.
 * Errors: "storage_failed" for a version that is not known here, or bytes of another kind.
 */
export function restoreSnapshot(bytes: Uint8Array): Outcome<SchedulerState> {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const tablesAt = HEAD_LENGTH_BYTES + view.getUint32(0, true);
    const head = decode(bytes.subarray(HEAD_LENGTH_BYTES, tablesAt)) as Snapshot | SnapshotOf1;
    if (head.v !== 1 && head.v !== SNAPSHOT_VERSION) {
      const text = `the snapshot has version ${head.v}; this program reads 1 to ${SNAPSHOT_VERSION}`;
      return fail(failure('storage_failed', `${text}. Start the version that wrote it.`));
    }
    const snapshot = head.v === 1 ? snapshotFrom1(head as SnapshotOf1) : (head as Snapshot);
    const tables = bytes.subarray(tablesAt);
    const tableIn: TableIn = ({ at, byteLength }) => tables.subarray(at, at + byteLength);
    return succeed(stateOf(snapshot, tableIn));
  } catch (cause) {
    const text = `the snapshot cannot be read (${String(cause)})`;
    return fail(failure('storage_failed', `${text}. Restore the data folder from a backup.`));
  }
}

type TableIn = (place: TablePlace) => Uint8Array;

function stateOf(snapshot: Snapshot, tableIn: TableIn): SchedulerState {
  const state = createScheduler(snapshot.seed, snapshot.leases.firstSerial / SERIALS_PER_EPOCH);
  state.rules = snapshot.rules;
  state.nowMs = snapshot.nowMs;
  state.jobCount = snapshot.jobCount;
  state.queueCount = snapshot.queueCount;
  state.served = snapshot.served;
  state.tasksWaiting = snapshot.tasksWaiting;
  state.resultsUnjudged = snapshot.resultsUnjudged;
  state.tasks.records.fillFrom(tableIn(snapshot.tasks.records));
  Object.assign(state.tasks.free, snapshot.tasks.free);
  state.leases.records.fillFrom(tableIn(snapshot.leases.records));
  Object.assign(state.leases.deadlines, snapshot.leases.deadlines);
  Object.assign(state.leases.over, snapshot.leases.over);
  Object.assign(state.secondOpinions, snapshot.secondOpinions);
  for (const [slot, tries] of snapshot.tries) state.tries.set(slot, [...tries]);
  for (const [atMs, number] of snapshot.retries) {
    state.retries.add({ atMs, number, place: { at: -1 } });
  }
  for (const { number, view } of snapshot.endedJobs) {
    state.endedJobs.set(view.job, { number, view: viewKept(view) });
  }
  restoreAgents(state, snapshot);
  restoreJobs(state, snapshot, tableIn);
  for (const job of state.jobs.values()) restoreProvisional(state, job);
  if (snapshot.agents.origins.length > 0) restoreOutOfOrigin(state);
  return state;
}

function restoreAgents(state: SchedulerState, { agents: columns, devices }: Snapshot): void {
  const numbers = new Float64Array(columns.numbers.slice().buffer);
  const lists = new Int32Array(columns.lists.slice().buffer);
  const marks = new Int32Array(columns.marks.slice().buffer);
  const ids = columns.ids === '' ? [] : columns.ids.split(' ');
  const sessions = columns.sessions.split(' ');
  for (const [index, id] of ids.entries()) {
    const [slot = 0, accepted = 0, rejected = 0] = numbers.subarray(index * 6);
    const [outFirst = 0, outLast = 0, outSize = 0, first = 0, last = 0, size = 0] = lists.subarray(
      index * 6,
    );
    const [record = 0, offences = 0, flags = 0] = marks.subarray(index * 3);
    const agent: Agent = {
      // Written from an agent's id.
      id: id as AgentId,
      slot,
      presence: null,
      accepted,
      rejected,
      record,
      offences,
      provisional: 0,
      origin: null,
      trusted: (flags & 1) > 0,
      canary: (flags & 2) > 0,
      out: { first: outFirst, last: outLast, size: outSize },
      unjudged: { first, last, size },
      quarantine: null,
      quarantinePlace: { at: -1 },
      slowness: null,
      contents: [],
      absentLink: null,
    };
    state.agents.set(agent.id, agent);
    state.agentSlots[slot] = agent;
  }
  for (let slot = 0; slot < state.agentSlots.length; slot++) state.agentSlots[slot] ??= null;
  for (const slot of columns.freeSlots) state.agentSlots[slot] ??= null;
  state.freeAgentSlots.push(...columns.freeSlots);
  for (const [slot, quarantine] of columns.quarantines) {
    const agent = agentIn(state, slot);
    agent.quarantine = quarantine;
    state.quarantineEnds.add(agent);
  }
  for (const [slot, origin] of columns.origins) agentIn(state, slot).origin = origin;
  for (const [slot, slowness] of columns.slowness)
    agentIn(state, slot).slowness = new Map(slowness);
  for (const [slot, contents] of columns.contents) agentIn(state, slot).contents = [...contents];
  for (const slot of slotsIn(columns.absentOrder)) {
    const agent = agentIn(state, slot);
    agent.absentLink = state.absentAgents.append(agent);
  }
  // In the order of the former maps, whoever comes with it first.
  const known: Device[] = devices.map((capability) => enterDevice(state, capability));
  for (const device of known) device.agentCount = 0;
  const silence = new Map<number, ReturnType<Chain<Agent>['append']>>();
  for (const slot of slotsIn(columns.silenceOrder)) {
    silence.set(slot, state.silenceDeadlines.append(agentIn(state, slot)));
  }
  const indexOf = new Map(ids.map((id, index) => [id, index]));
  for (const slot of slotsIn(columns.sessionOrder)) {
    const agent = agentIn(state, slot);
    const index = indexOf.get(agent.id) ?? 0;
    const [joinedAtMs = 0, lastSeenAtMs = 0, deviceIndex = 0] = numbers.subarray(index * 6 + 3);
    const device = known[deviceIndex];
    const silenceLink = silence.get(slot);
    if (device === undefined || silenceLink === undefined) throw new Error('an agent lacks a part');
    device.agentCount++;
    // Written from a session's id.
    const session = sessions[index] as SessionId;
    agent.presence = { session, device, joinedAtMs, lastSeenAtMs, silenceLink };
    state.sessions.set(session, agent);
    if (agent.quarantine === null) countIn(device, agent.origin);
  }
}

/** Which results may yet be revoked is told by their records. */
function restoreProvisional(state: SchedulerState, { stage }: Job): void {
  for (const [slot, indexes] of stage.accepted.provisional()) {
    stage.provisional.set(slot, indexes);
    agentIn(state, slot).provisional += indexes.length;
  }
}

/** Leases that are out are told by their agents, whose address ranges are what they were then. */
function restoreOutOfOrigin(state: SchedulerState): void {
  for (const agent of state.agents.values()) {
    if (agent.origin === null) continue;
    for (const lease of state.leases.ofAgent.of(agent.out)) {
      const { stage } = jobOfTask(state, state.leases.records.int(lease, TASK));
      countOrigin(stage.outOfOrigin, agent.origin, 1);
    }
  }
}

function restoreJobs(state: SchedulerState, snapshot: Snapshot, tableIn: TableIn): void {
  for (const { id, byteLength } of snapshot.contents) {
    state.contents.set(id, { id, byteLength, jobs: new Set() });
  }
  const orders = new Map(snapshot.groups.map((group) => [group.key, group]));
  // Groups in their order, each by a job of it.
  const records = new Map(snapshot.jobs.map((record) => [record.slot, record]));
  for (const { jobs } of snapshot.groups) {
    const [slot = -1] = jobs;
    const record = records.get(slot);
    if (record === undefined) throw new Error('a group lacks its jobs');
    groupOf(state, record.stage.plan.requirement);
  }
  for (const record of snapshot.jobs) {
    const job = jobOf(state, record, tableIn);
    state.jobSlots[job.slot] = job;
    relistLone(state, job);
    if (job.ended) {
      state.remains.push(job);
      continue;
    }
    state.jobs.set(job.id, job);
    if (job.deadlineAtMs !== null) state.jobDeadlines.add(job);
  }
  for (let slot = 0; slot < state.jobSlots.length; slot++) state.jobSlots[slot] ??= null;
  for (const group of state.groups.values()) {
    const order = orders.get(group.key);
    for (const slot of order?.jobs ?? []) group.jobs.add(jobIn(state, slot));
  }
  for (const { id, jobs } of snapshot.contents) {
    for (const slot of jobs) state.contents.get(id)?.jobs.add(jobIn(state, slot));
  }
  for (const { key, groups } of snapshot.offers) {
    const offer = state.offers.get(key);
    offer?.groups.clear();
    for (const name of groups) {
      const group = state.groups.get(name);
      if (group !== undefined) offer?.groups.add(group);
    }
  }
  for (const job of state.jobs.values()) relistAsServed(state, job);
}

/** A job that is open already does not begin at where service has come to. */
function relistAsServed(state: SchedulerState, job: Job): void {
  const { served } = job;
  const { served: all } = state;
  state.served = Math.min(all, served);
  relist(state, job);
  state.served = all;
}

function jobOf(state: SchedulerState, record: JobRecord, tableIn: TableIn): Job {
  const { tasks, contributors } = record;
  return {
    ...record,
    contributors: new Set(contributors),
    tasks: { ...tasks },
    stage: stageOf(state, record, tableIn),
    openPlace: { at: -1 },
    freshPlace: { at: -1 },
    deadlinePlace: { at: -1 },
    closing: false,
  };
}

function stageOf(state: SchedulerState, { stage, ended }: JobRecord, tableIn: TableIn): Stage {
  const { queues, fresh, accepted, ...counts } = stage;
  const acceptedRows = new AcceptedRows();
  acceptedRows.records.fillFrom(tableIn(accepted));
  const made: Stage = {
    ...counts,
    checksPassed: counts.checksPassed ?? (counts.rowsAccepted === 0 ? null : 0),
    group: ended ? noGroup(stage.plan.requirement) : groupOf(state, stage.plan.requirement),
    contents: ended ? [] : stage.plan.contents.map(({ blob }) => contentIn(state, blob)),
    fresh: new FreshRows(fresh),
    returned: new Chain(),
    returnedByKey: new Map(),
    lone: new Map(),
    loneLatest: null,
    accepted: acceptedRows,
    provisional: new Map(),
    outOfOrigin: new Map(),
  };
  for (const record of queues) {
    const queue: ReturnedTasks = { ...record, tasks: listOf(record.tasks), link: null };
    queue.link = made.returned.append(queue);
    made.returnedByKey.set(queue.key, queue);
    state.queues.set(queue.number, queue);
  }
  return made;
}

/** What is left of an ended job is in no group. */
function noGroup(requirement: JobRecord['stage']['plan']['requirement']): RequirementGroup {
  return groupOf(createScheduler(0), requirement);
}

function listOf({ first, last, size }: SlotList): SlotList {
  return { first, last, size };
}

function agentIn({ agentSlots }: SchedulerState, slot: number): Agent {
  const agent = agentSlots[slot];
  if (agent === undefined || agent === null) throw new Error(`no agent in slot ${slot}`);
  return agent;
}

function jobIn({ jobSlots }: SchedulerState, slot: number): Job {
  const job = jobSlots[slot];
  if (job === undefined || job === null) throw new Error(`no job in slot ${slot}`);
  return job;
}

function contentIn({ contents }: SchedulerState, id: string): Content {
  const content = contents.get(id);
  if (content === undefined) throw new Error(`no content ${id}`);
  return content;
}

function slotsIn(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.slice().buffer);
}
