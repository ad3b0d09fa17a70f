import { encode } from 'cborg';
import type { Chain } from './chain.ts';
import type { RecordTable } from './record-table.ts';
import {
  HEAD_LENGTH_BYTES,
  SNAPSHOT_VERSION,
  type AgentColumns,
  type JobRecord,
  type Snapshot,
  type StageRecord,
  type TablePlace,
} from './snapshot-format.ts';
import type { Agent, Job, SchedulerState, Stage } from './state.ts';

export { restoreSnapshot } from './snapshot-restore.ts';

/** Tables that lie behind the head, and where. */
class Tables {
  readonly #tables: RecordTable[] = [];
  #end = 0;

  place(table: RecordTable): TablePlace {
    const { byteLength } = table;
    const at = this.#end;
    this.#tables.push(table);
    this.#end += byteLength;
    return { at, byteLength };
  }

  behind(head: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(HEAD_LENGTH_BYTES + head.byteLength + this.#end);
    new DataView(bytes.buffer).setUint32(0, head.byteLength, true);
    bytes.set(head, HEAD_LENGTH_BYTES);
    let at = HEAD_LENGTH_BYTES + head.byteLength;
    for (const table of this.#tables) {
      table.copyTo(bytes, at);
      at += table.byteLength;
    }
    return bytes;
  }
}

/** The whole state as bytes, for `restoreSnapshot`. Tables are copied as they lie in memory, once. */
export function takeSnapshot(state: SchedulerState): Uint8Array {
  const { tasks, leases } = state;
  const tables = new Tables();
  const snapshot: Snapshot = {
    v: SNAPSHOT_VERSION,
    seed: state.seed,
    rules: state.rules,
    nowMs: state.nowMs,
    jobCount: state.jobCount,
    queueCount: state.queueCount,
    served: state.served,
    tasksWaiting: state.tasksWaiting,
    resultsUnjudged: state.resultsUnjudged,
    tasks: { records: tables.place(tasks.records), free: tasks.free },
    leases: {
      firstSerial: leases.firstSerial,
      records: tables.place(leases.records),
      deadlines: leases.deadlines,
      over: leases.over,
    },
    jobs: [...state.jobs.values(), ...state.remains].map((job) => recordOfJob(job, tables)),
    endedJobs: [...state.endedJobs.values()],
    groups: Array.from(state.groups.values(), ({ key, jobs }) => {
      return { key, jobs: slotsOf(jobs) };
    }),
    offers: Array.from(state.offers.values(), ({ key, groups }) => {
      return { key, groups: Array.from(groups, (group) => group.key) };
    }),
    devices: Array.from(state.devices.values(), ({ capability }) => capability),
    agents: columnsOf(state),
    tries: [...state.tries],
    secondOpinions: state.secondOpinions,
    retries: state.retries.items().map(({ atMs, number }) => [atMs, number] as const),
    contents: Array.from(state.contents.values(), ({ id, byteLength, jobs }) => {
      return { id, byteLength, jobs: slotsOf(jobs) };
    }),
  };
  return tables.behind(encode(snapshot));
}

function recordOfJob(job: Job, tables: Tables): JobRecord {
  return {
    id: job.id,
    slot: job.slot,
    name: job.name,
    workload: job.workload,
    checking: job.checking,
    stageCount: job.stageCount,
    submittedAtMs: job.submittedAtMs,
    number: job.number,
    weight: job.weight,
    deadlineAtMs: job.deadlineAtMs,
    contributor: job.contributor,
    contributors: [...job.contributors],
    running: job.running,
    ended: job.ended,
    tasks: job.tasks,
    served: job.served,
    stage: recordOfStage(job.stage, tables),
  };
}

function recordOfStage(stage: Stage, tables: Tables): StageRecord {
  return {
    plan: stage.plan,
    rowsClaimed: stage.rowsClaimed,
    fresh: stage.fresh.ranges(),
    freshTasks: stage.freshTasks,
    taskCount: stage.taskCount,
    queues: Array.from(stage.returned, ({ number, key, author, failers, tasks }) => {
      return { number, key, author, failers, tasks };
    }),
    accepted: tables.place(stage.accepted.records),
    rowsSampled: stage.rowsSampled,
    rowsAgreed: stage.rowsAgreed,
    checksPassed: stage.checksPassed,
    tasksAccepted: stage.tasksAccepted,
    rowsAccepted: stage.rowsAccepted,
    leasesOut: stage.leasesOut,
    resultsUnjudged: stage.resultsUnjudged,
    rowsHedged: stage.rowsHedged,
    finished: stage.finished,
  };
}

function columnsOf(state: SchedulerState): AgentColumns {
  const agents = [...state.agents.values()];
  const devices = new Map(Array.from(state.devices.values(), (device, index) => [device, index]));
  const numbers = new Float64Array(agents.length * 6);
  const lists = new Int32Array(agents.length * 6);
  for (const [index, { slot, accepted, rejected, presence, out, unjudged }] of agents.entries()) {
    const device = presence === null ? -1 : (devices.get(presence.device) ?? -1);
    const seen = [presence?.joinedAtMs ?? 0, presence?.lastSeenAtMs ?? 0];
    numbers.set([slot, accepted, rejected, ...seen, device], index * 6);
    const held = [out.first, out.last, out.size, unjudged.first, unjudged.last, unjudged.size];
    lists.set(held, index * 6);
  }
  return {
    ids: agents.map(({ id }) => id).join(' '),
    sessions: agents.map(({ presence }) => presence?.session ?? '-').join(' '),
    numbers: bytesOf(numbers),
    lists: bytesOf(lists),
    marks: bytesOf(marksOf(agents)),
    quarantines: agents.flatMap(({ slot, quarantine }) =>
      quarantine === null ? [] : [[slot, quarantine] as const],
    ),
    origins: agents.flatMap(({ slot, origin }) =>
      origin === null ? [] : [[slot, origin] as const],
    ),
    slowness: agents.flatMap(({ slot, slowness }) =>
      slowness === null ? [] : [[slot, [...slowness]] as const],
    ),
    contents: agents.flatMap(({ slot, contents }) =>
      contents.length === 0 ? [] : [[slot, contents] as const],
    ),
    freeSlots: state.freeAgentSlots,
    sessionOrder: bytesOf(Int32Array.from(state.sessions.values(), ({ slot }) => slot)),
    silenceOrder: orderOf(state.silenceDeadlines),
    absentOrder: orderOf(state.absentAgents),
  };
}

function marksOf(agents: readonly Agent[]): Int32Array {
  const marks = new Int32Array(agents.length * 3);
  for (const [index, { record, offences, trusted, canary }] of agents.entries()) {
    marks.set([record, offences, Number(trusted) + 2 * Number(canary)], index * 3);
  }
  return marks;
}

function orderOf(agents: Chain<Agent>): Uint8Array {
  return bytesOf(Int32Array.from(agents, ({ slot }) => slot));
}

function slotsOf(jobs: Iterable<Job>): number[] {
  return Array.from(jobs, ({ slot }) => slot);
}

function bytesOf({ buffer }: Float64Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer);
}
