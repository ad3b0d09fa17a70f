import { assert } from '../../domain/assert.ts';
import type { ConformanceReport } from '../../domain/capability.ts';
import type { KernelTime } from '../../domain/crowd-test.ts';
import type { AgentId } from '../../domain/ids.ts';
import {
  CONFORMANCE_DETAIL_CHARS_MAX,
  CONFORMANCE_DEVICES_MAX,
  CONFORMANCE_KEYS_MAX,
  CROWD_TIMES_KEYS_MAX,
} from '../../domain/limits.ts';
import {
  BACKENDS,
  PRIMITIVES,
  type BackendName,
  type PrimitiveName,
} from '../../domain/operator.ts';
import { deviceKindOf, plainLine, type DeviceKind, type DeviceWords } from './device-kind.ts';

/** What is told of one primitive on one backend of a kind of device. */
export type PrimitiveTold = {
  readonly primitive: PrimitiveName;
  readonly backend: BackendName;
  readonly passedKeys: number;
  readonly failedKeys: number;
  /** What failed, as the last agent told it; empty where all passed. */
  readonly failureDetail: string;
  /** Of the last CROWD_TIMES_KEYS_MAX keys that told times, those that told this one. */
  readonly timedKeys: number;
  /** Median of their times; 0 where none told. */
  readonly medianUs: number;
};

/** One kind of device in the table. */
export type DeviceTold = DeviceKind & {
  readonly keys: number;
  readonly lastSeenAtMs: number;
  readonly resultsAccepted: number;
  readonly resultsRejected: number;
  readonly primitives: readonly PrimitiveTold[];
};

/** What was judged of a key, as far as it is counted for a kind of device. */
export type Judged = { readonly accepted: number; readonly rejected: number };

/** A kind of device as it is kept. */
export type DeviceRecord = DeviceKind & {
  lastSeenAtMs: number;
  accepted: number;
  rejected: number;
  /** By the place of a test in TESTS. */
  readonly details: Map<number, string>;
  /** The last word of each key, oldest first: a sign for each of TESTS. */
  readonly votes: Map<AgentId, string>;
  /** Microseconds that the last CROWD_TIMES_KEYS_MAX keys told, by place in TESTS; oldest first. */
  readonly times: Map<AgentId, ReadonlyMap<number, number>>;
};

type Test = { readonly backend: BackendName; readonly primitive: PrimitiveName };

/** Everything that can be told of, in the order in which votes name it. */
export const TESTS: readonly Test[] = BACKENDS.flatMap((backend) =>
  PRIMITIVES.map((primitive) => ({ backend, primitive })),
);
const PLACE = new Map(TESTS.map(({ backend, primitive }, at) => [`${backend} ${primitive}`, at]));
export const PASSED = '+';
export const FAILED = '-';
export const UNTOLD = '.';

/**
 * Which kinds of devices compute what rightly, as their agents say, beside what checks found.
 *
 * All of it is strangers' words: each key has one vote a kind of device, the last it gave, and the
 * whole is bounded. Above CONFORMANCE_DEVICES_MAX those go first of which no result was ever
 * accepted, so that names that were made up do not drive out devices that worked.
 */
export class ConformanceBook {
  readonly #devices = new Map<string, DeviceRecord>();
  /** For which kind of device a key's results count, and up to where they are counted. */
  readonly #credited = new Map<AgentId, { kind: string } & Judged>();
  #votes = 0;

  /** Notes what an agent told on joining. */
  note(told: {
    readonly agent: AgentId;
    readonly device: DeviceWords;
    readonly conformance: readonly ConformanceReport[];
    readonly judged: Judged;
    readonly atMs: number;
  }): void {
    const { agent, judged } = told;
    // What it did up to now was done as what it was up to now.
    this.settle(agent, judged);
    const device = this.#heard(told);
    this.#credited.set(agent, { kind: keyOf(device), ...judged });
    this.#forgetSome();
  }

  /** Notes a crowd test; what is accepted of its key counts for the kind that it joined as. */
  noteTest(told: {
    readonly agent: AgentId;
    readonly device: DeviceWords;
    readonly conformance: readonly ConformanceReport[];
    readonly times: readonly KernelTime[];
    readonly atMs: number;
  }): DeviceKind {
    const device = this.#heard(told);
    const { times } = device;
    times.delete(told.agent);
    times.set(told.agent, timesOf(told.times));
    const [oldest] = times.keys();
    if (times.size > CROWD_TIMES_KEYS_MAX && oldest !== undefined) times.delete(oldest);
    this.#forgetSome();
    return { software: device.software, adapter: device.adapter };
  }

  /** Counts what was judged of a key since it was last counted. */
  settle(agent: AgentId, judged: Judged): void {
    const before = this.#credited.get(agent);
    if (before === undefined) return;
    const device = this.#devices.get(before.kind);
    if (device !== undefined) {
      // Less than before: its history was forgotten, and it began anew.
      device.accepted += Math.max(0, judged.accepted - before.accepted);
      device.rejected += Math.max(0, judged.rejected - before.rejected);
    }
    this.#credited.set(agent, { kind: before.kind, ...judged });
  }

  /** Keys whose results are counted. */
  keys(): Iterable<AgentId> {
    return this.#credited.keys();
  }

  /** The table, kinds of devices that most keys have first. */
  told(): DeviceTold[] {
    return [...this.#devices.values()]
      .map(toldOf)
      .sort((one, other) => other.keys - one.keys || other.lastSeenAtMs - one.lastSeenAtMs);
  }

  /** What is kept, device by device; the caller may take its time between two. */
  *records(): Generator<{
    readonly device: DeviceRecord;
    readonly credited: readonly (readonly [AgentId, Judged])[];
  }> {
    for (const [key, device] of [...this.#devices]) {
      const credited = [...device.votes.keys()].flatMap((agent) => {
        const known = this.#credited.get(agent);
        if (known?.kind !== key) return [];
        const { accepted, rejected } = known;
        return [[agent, { accepted, rejected }] as const];
      });
      yield { device, credited };
    }
  }

  /** Takes back what `records` gave. */
  restore(device: DeviceRecord, credited: Iterable<readonly [AgentId, Judged]>): void {
    const key = keyOf(device);
    this.#devices.set(key, device);
    this.#votes += device.votes.size;
    for (const [agent, judged] of credited) this.#credited.set(agent, { kind: key, ...judged });
    this.#forgetSome();
  }

  #heard(told: {
    readonly agent: AgentId;
    readonly device: DeviceWords;
    readonly conformance: readonly ConformanceReport[];
    readonly atMs: number;
  }): DeviceRecord {
    const device = this.#device(deviceKindOf(told.device));
    device.lastSeenAtMs = told.atMs;
    this.#vote(device, told.agent, voteOf(told.conformance));
    for (const { backend, primitive, passed, detail } of told.conformance) {
      const place = PLACE.get(`${backend} ${primitive}`);
      if (place === undefined || passed) continue;
      device.details.set(place, plainLine(detail, CONFORMANCE_DETAIL_CHARS_MAX));
    }
    return device;
  }

  #device(kind: DeviceKind): DeviceRecord {
    const known = this.#devices.get(keyOf(kind));
    if (known !== undefined) return known;
    const counts = { lastSeenAtMs: 0, accepted: 0, rejected: 0 };
    const made = { ...kind, ...counts, details: new Map(), votes: new Map(), times: new Map() };
    this.#devices.set(keyOf(kind), made);
    return made;
  }

  #vote({ votes }: DeviceRecord, agent: AgentId, vote: string): void {
    if (!votes.delete(agent)) this.#votes++;
    votes.set(agent, vote);
  }

  #forgetSome(): void {
    while (this.#devices.size > CONFORMANCE_DEVICES_MAX) this.#forgetDevice();
    while (this.#votes > CONFORMANCE_KEYS_MAX) this.#forgetVote();
  }

  #forgetDevice(): void {
    const [first] = [...this.#devices].sort(([, one], [, other]) => {
      const isProven = Number(one.accepted > 0) - Number(other.accepted > 0);
      return isProven || one.lastSeenAtMs - other.lastSeenAtMs;
    });
    assert(first !== undefined, 'one is there, or there would not be too many');
    const [key, { votes }] = first;
    this.#devices.delete(key);
    this.#votes -= votes.size;
    for (const agent of votes.keys()) {
      if (this.#credited.get(agent)?.kind === key) this.#credited.delete(agent);
    }
  }

  /** The oldest of the kind that most keys speak for: many keys of one mind cost others nothing. */
  #forgetVote(): void {
    const [most] = [...this.#devices].sort(
      ([, one], [, other]) => other.votes.size - one.votes.size,
    );
    const [oldest] = most?.[1].votes.keys() ?? [];
    assert(most !== undefined && oldest !== undefined, 'votes are of devices');
    most[1].votes.delete(oldest);
    most[1].times.delete(oldest);
    this.#votes--;
    if (this.#credited.get(oldest)?.kind === most[0]) this.#credited.delete(oldest);
  }
}

/** A sign for each test; of two reports on one the first counts. */
function voteOf(conformance: readonly ConformanceReport[]): string {
  const signs = Array.from(TESTS, () => UNTOLD);
  for (const { backend, primitive, passed } of conformance) {
    const place = PLACE.get(`${backend} ${primitive}`);
    if (place !== undefined && signs[place] === UNTOLD) signs[place] = passed ? PASSED : FAILED;
  }
  return signs.join('');
}

function toldOf(device: DeviceRecord): DeviceTold {
  const { software, adapter, lastSeenAtMs, votes, details, times } = device;
  const primitives = TESTS.flatMap((test, place): PrimitiveTold[] => {
    let passedKeys = 0;
    let failedKeys = 0;
    for (const vote of votes.values()) {
      if (vote[place] === PASSED) passedKeys++;
      else if (vote[place] === FAILED) failedKeys++;
    }
    if (passedKeys + failedKeys === 0) return [];
    const failureDetail = failedKeys === 0 ? '' : (details.get(place) ?? '');
    const told = [...times.values()].flatMap((byPlace) => byPlace.get(place) ?? []);
    const timed = { timedKeys: told.length, medianUs: medianOf(told) };
    return [{ ...test, passedKeys, failedKeys, failureDetail, ...timed }];
  });
  return {
    ...{ software, adapter, lastSeenAtMs, primitives },
    keys: votes.size,
    resultsAccepted: device.accepted,
    resultsRejected: device.rejected,
  };
}

function timesOf(times: readonly KernelTime[]): ReadonlyMap<number, number> {
  return new Map(
    times.flatMap(({ backend, operator, medianUs }) => {
      const place = PLACE.get(`${backend} ${operator}`);
      return place === undefined ? [] : [[place, medianUs] as const];
    }),
  );
}

/** Of an even count, the lower one of the two in the middle; 0 of none. */
function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[(values.length - 1) >> 1] ?? 0;
}

/** Neither part has a line's end in it. */
function keyOf({ software, adapter }: DeviceKind): string {
  return `${software}\n${adapter}`;
}
