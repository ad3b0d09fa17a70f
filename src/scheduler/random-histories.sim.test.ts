import { describe, expect, it } from 'vitest';
import type { CheckingPolicy } from '../domain/checking.ts';
import { QUARANTINE_MS } from '../domain/limits.ts';
import { randomStream, type RandomStream } from '../domain/random.ts';
import { digestState } from './digest.ts';
import type { CheckRequest, SchedulerEffect } from './effect.ts';
import type { StagePlan } from './event.ts';
import { jobView } from './queries.ts';
import {
  agentNamed,
  blobNamed,
  deviceWith,
  jobNamed,
  NEEDS_ADD,
  only,
  Rehearsal,
  sessionNamed,
  stageOf,
} from './rehearsal.contract.ts';
import { RULES } from './rules.ts';
import type { LeaseNumber } from './slot-number.ts';
import { restoreSnapshot, takeSnapshot } from './snapshot.ts';
import { checkInvariants } from './state-invariants.contract.ts';
import { createScheduler, type SchedulerState } from './state.ts';
import { step } from './step.ts';

const AGENT_NAMES = ['ada', 'ben', 'cyd', 'dot', 'eve', 'mal'];
const LIARS = ['eve', 'mal'];
const POLICIES: readonly CheckingPolicy[] = [
  { kind: 'auto' },
  { kind: 'twice' },
  { kind: 'recompute', share: 0.25 },
  { kind: 'adaptive' },
];

/** A network under one seed: agents come, go, fail, fall silent, lie; the checker is right. */
class Network {
  readonly rehearsal: Rehearsal;
  readonly random: RandomStream;
  readonly held = new Map<string, Set<LeaseNumber>>();
  readonly wrong = new Set<LeaseNumber>();
  /** Wrong ones of which rows were looked at that are right. */
  readonly escaped = new Set<LeaseNumber>();
  readonly reported: { name: string; lease: LeaseNumber }[] = [];
  readonly checks: CheckRequest[] = [];
  readonly toPlan: (SchedulerEffect & { kind: 'stage-finished' })[] = [];
  readonly outputs: LeaseNumber[] = [];
  readonly effects = new Set<SchedulerEffect>();
  jobCount = 0;

  constructor(seed: number) {
    this.rehearsal = new Rehearsal(seed);
    this.random = randomStream(seed, 'network');
  }

  run(events: number): void {
    for (let index = 0; index < events; index++) {
      this.take(this.act());
      checkInvariants(this.rehearsal.state);
    }
  }

  /** No more trouble: honest agents come, ask and answer until nothing is left. */
  calm(): void {
    for (const name of ['ada', 'ben', 'cyd']) this.join(name, null);
    for (let round = 0; round < 3_000 && this.rehearsal.state.jobs.size > 0; round++) {
      this.rehearsal.after(700);
      for (const name of ['ada', 'ben', 'cyd']) {
        this.take(this.rehearsal.beat(name, [...this.leasesOf(name)]));
        this.ask(name);
        for (const lease of this.leasesOf(name)) this.report(name, lease);
      }
      while (this.checks.length > 0) this.judge();
      while (this.toPlan.length > 0) this.planNext();
      this.take(this.rehearsal.tick());
      checkInvariants(this.rehearsal.state);
    }
  }

  act(): readonly SchedulerEffect[] {
    const { rehearsal, random } = this;
    const isLongPause = random.nextBelow(300) === 0;
    rehearsal.after(isLongPause ? QUARANTINE_MS : random.nextBelow(1_500));
    const name = this.pick(AGENT_NAMES);
    const lease = this.pick([...this.leasesOf(name)]);
    switch (random.nextBelow(21)) {
      case 0:
        return this.submit();
      case 1:
      case 2:
        return this.join(name);
      case 3:
        return rehearsal.send({ kind: 'agent-left', session: sessionNamed(name) });
      case 4:
        return lease === undefined ? [] : rehearsal.fail(name, lease);
      case 5:
        return this.repeat();
      case 6:
        return random.nextBelow(8) > 0 ? [] : rehearsal.send({ kind: 'restarted' });
      case 7:
        return random.nextBelow(6) > 0 ? [] : this.cancel();
      case 8:
        return rehearsal.tick();
      case 9:
      case 10:
        return rehearsal.beat(name, [...this.leasesOf(name)]);
      case 11:
      case 12:
        return this.judge();
      case 13:
        return this.planNext();
      case 14:
      case 15:
        return lease === undefined ? [] : this.report(name, lease);
      case 16:
        return this.release();
      case 17:
        return this.operate(name);
      case 18:
        return this.withdraw(name);
      default:
        return this.ask(name);
    }
  }

  /** The operator has a word. */
  operate(name: string): readonly SchedulerEffect[] {
    const { rehearsal, random } = this;
    const agent = agentNamed(name);
    switch (random.nextBelow(4)) {
      case 0:
        return rehearsal.send({ kind: 'quarantine-released', agent, reason: 'appealed' });
      case 1: {
        const sinceMs = rehearsal.atMs - random.nextBelow(QUARANTINE_MS);
        return rehearsal.send({ kind: 'amnesty-granted', sinceMs, reason: 'our own fault' });
      }
      case 2:
        return rehearsal.send({ kind: 'rules-adopted', rules: RULES });
      default:
        return rehearsal.send({ kind: 'trust-changed', agent, trusted: random.nextBelow(2) === 0 });
    }
  }

  /** Rows are given up, and come back from the other schedulers. */
  release(): readonly SchedulerEffect[] {
    const { rehearsal } = this;
    const job = jobNamed(this.random.nextBelow(this.jobCount + 1));
    const stage = jobView(rehearsal.state, job)?.stage ?? 0;
    const effects = rehearsal.send({ kind: 'rows-released', job, stage });
    return only('rows-released', effects).flatMap(({ rows: ranges }) =>
      ranges.flatMap((rows) => rehearsal.send({ kind: 'rows-claimed', job, stage, rows })),
    );
  }

  /** An agent takes back a former result, which may be judged by now, or never was its own. */
  withdraw(name: string): readonly SchedulerEffect[] {
    const former = this.pick(this.reported);
    if (former === undefined || this.random.nextBelow(4) > 0) return [];
    const session = sessionNamed(this.random.nextBelow(4) === 0 ? name : former.name);
    const leases = [former.lease];
    return this.take(this.rehearsal.send({ kind: 'results-withdrawn', session, leases }));
  }

  submit(): readonly SchedulerEffect[] {
    const { random } = this;
    const rows = { rowCount: random.nextBelow(40), rowsPerTask: 1 + random.nextBelow(7) };
    const memoryBytes = 1000 * (1 + random.nextBelow(2));
    const plan = { ...stageOf(rows, 0, { ...NEEDS_ADD, memoryBytes }), ...this.sizes() };
    const policy = POLICIES[random.nextBelow(POLICIES.length)] ?? { kind: 'auto' };
    return this.rehearsal.submit(this.jobCount++, plan, policy, {
      workload: random.nextBelow(2) === 0 ? 'operators' : 'inference',
      stageCount: 1 + random.nextBelow(2),
      weight: 1 + random.nextBelow(3),
    });
  }

  /** Half of the stages are cut to the agents' speeds, and some share a model. */
  sizes(): Partial<StagePlan> {
    const { random } = this;
    const contents = random.nextBelow(2) === 0 ? [] : [blobNamed(random.nextBelow(3))];
    if (random.nextBelow(2) === 0) return { contents };
    const grainRows = 1 + random.nextBelow(3);
    const cut = { kind: 'fitted', grainRows, rowsMax: grainRows * 8 } as const;
    return { contents, cut, msPerRow: 1 + random.nextBelow(2_000) };
  }

  /** From one of two address ranges, or from one of its own. */
  join(name: string, origin = this.anOrigin()): readonly SchedulerEffect[] {
    const small = name === 'dot' ? { bytes: 1500, lanes: 1 } : { bytes: 8000, lanes: 2 };
    const ids = { agent: agentNamed(name), session: sessionNamed(name) };
    const joined = {
      kind: 'agent-joined',
      ...ids,
      capability: deviceWith(['add'], small),
    } as const;
    return this.take(this.rehearsal.send(origin === null ? joined : { ...joined, origin }));
  }

  anOrigin(): string | null {
    return ['203.0.113.0/24', '198.51.100.0/24', null][this.rehearsal.events.length % 3] ?? null;
  }

  ask(name: string): readonly SchedulerEffect[] {
    const maxTasks = 1 + this.random.nextBelow(6);
    const asked = { session: sessionNamed(name), maxTasks, seed: this.rehearsal.events.length };
    const effects = this.take(this.rehearsal.send({ kind: 'lease-requested', ...asked }));
    for (const effect of effects) {
      if (effect.kind !== 'leases-granted') continue;
      for (const { lease } of effect.leases) this.leasesOf(name).add(lease);
    }
    return effects;
  }

  report(name: string, lease: LeaseNumber): readonly SchedulerEffect[] {
    this.leasesOf(name).delete(lease);
    if (LIARS.includes(name) && this.random.nextBelow(2) === 0) this.wrong.add(lease);
    this.reported.push({ name, lease });
    const malformed = LIARS.includes(name) && this.random.nextBelow(10) === 0;
    const result = malformed ? { kind: 'malformed', reason: 'two rows' } : { kind: 'output' };
    return this.take(this.rehearsal.report(name, lease, result as { kind: 'output' }));
  }

  repeat(): readonly SchedulerEffect[] {
    const former = this.pick(this.reported);
    if (former === undefined) return [];
    const name = this.random.nextBelow(3) === 0 ? this.pick(AGENT_NAMES) : former.name;
    return this.rehearsal.report(name ?? former.name, former.lease);
  }

  judge(): readonly SchedulerEffect[] {
    const [check] = this.checks.splice(this.random.nextBelow(Math.max(1, this.checks.length)), 1);
    if (check === undefined) return [];
    const [first] = check.results;
    if (first !== undefined && check.mode.kind !== 'compare' && this.random.nextBelow(3) === 0) {
      return this.judgeSampled(check, first.lease);
    }
    const wrong = check.results.filter(({ lease }) => this.wrong.has(lease));
    const liars = wrong.map(({ agent }) => agent);
    return this.take(this.rehearsal.judge(check, liars));
  }

  /** Looks at some rows only: of a wrong result half the time at right ones. */
  judgeSampled({ task, results }: CheckRequest, lease: LeaseNumber): readonly SchedulerEffect[] {
    const isWrong = this.wrong.has(lease);
    const isFound = isWrong && this.random.nextBelow(2) === 0;
    if (isWrong && !isFound) this.escaped.add(lease);
    const verdict = isFound
      ? ({ kind: 'rejected', reason: 'row 0 is wrong' } as const)
      : ({ kind: 'accepted' } as const);
    const verdicts = results.map((result) => ({ lease: result.lease, verdict }));
    const accepted = isFound ? null : lease;
    const judgement = { task, verdicts, accepted, ...(!isFound && { sampled: true as const }) };
    return this.take(this.rehearsal.send({ kind: 'judged', judgements: [judgement] }));
  }

  planNext(): readonly SchedulerEffect[] {
    const finished = this.toPlan.shift();
    const view = finished && jobView(this.rehearsal.state, finished.job);
    if (finished === undefined || view === undefined || view === null) return [];
    if (view.stage !== finished.stage || view.endedAtMs !== null) return [];
    this.outputs.push(...finished.results.map(({ lease }) => lease));
    if (view.stage + 1 === view.stageCount) {
      return this.take(this.rehearsal.send({ kind: 'job-finished', job: finished.job }));
    }
    const stage = stageOf({ rowCount: 9, rowsPerTask: 2 }, view.stage + 1);
    const planned = { kind: 'stage-planned', job: finished.job, stage, claimed: null } as const;
    return this.take(this.rehearsal.send(planned));
  }

  cancel(): readonly SchedulerEffect[] {
    const job = jobNamed(this.random.nextBelow(this.jobCount + 1));
    return this.rehearsal.send({ kind: 'job-canceled', job });
  }

  take(effects: readonly SchedulerEffect[]): readonly SchedulerEffect[] {
    for (const effect of effects) {
      if (this.effects.has(effect)) continue;
      this.effects.add(effect);
      if (effect.kind === 'checks-requested') this.checks.push(...effect.checks);
      if (effect.kind === 'stage-finished') this.toPlan.push(effect);
    }
    return effects;
  }

  leasesOf(name: string): Set<LeaseNumber> {
    const held = this.held.get(name) ?? new Set();
    this.held.set(name, held);
    return held;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.random.nextBelow(Math.max(1, items.length))] as Item;
  }
}

const SEEDS = Array.from({ length: 40 }, (_, index) => index + 1);

describe('honest agents', () => {
  it.each(SEEDS)('get every job done, whatever its checking, under seed %i', (seed) => {
    const network = new Network(seed);
    for (let job = 0; job < 9; job++) network.take(network.submit());
    network.calm();
    const states = [...network.rehearsal.state.endedJobs.values()].map(({ view }) => view.state);
    expect(states).toEqual(Array(9).fill('done'));
  });
});

describe('random histories', () => {
  it.each(SEEDS)('keep the state whole, and every job ends, under seed %i', (seed) => {
    const network = new Network(seed);
    network.run(600);
    network.calm();
    expect(network.rehearsal.state.jobs.size).toBe(0);
    expect(network.rehearsal.state.tasksWaiting).toBe(0);
    expect(network.rehearsal.state.leases.open).toBe(0);
    expect(network.rehearsal.state.tasks.open).toBe(0);
    const ended = [...network.rehearsal.state.endedJobs.values()].map(({ view }) => view);
    expect(ended).toHaveLength(network.jobCount);
    const done = ended.filter(({ state }) => state === 'done');
    expect(done.length).toBeGreaterThan(0);
    expect(done.every((view) => view.rowsAccepted === view.rowCount)).toBe(true);
  });

  it.each(SEEDS)('let no wrong result into an output, under seed %i', (seed) => {
    const network = new Network(seed);
    network.run(800);
    network.calm();
    expect(network.outputs.length).toBeGreaterThan(0);
    expect(network.wrong.size).toBeGreaterThan(0);
    const wrong = network.outputs.filter((lease) => network.wrong.has(lease));
    expect(wrong.filter((lease) => !network.escaped.has(lease))).toEqual([]);
    expect(new Set(network.outputs).size).toBe(network.outputs.length);
  });

  it.each(SEEDS)('give the same effects when folded again, under seed %i', (seed) => {
    const { rehearsal } = ran(seed);
    const again = createScheduler(seed);
    const first = createScheduler(seed);
    for (const event of rehearsal.events) {
      const effects = step(first, event).effects;
      expect(step(again, event).effects).toEqual(effects);
    }
    expect(digestState(again)).toBe(digestState(rehearsal.state));
  });

  it.each(SEEDS)('go on as they were from a snapshot taken anywhere, under seed %i', (seed) => {
    const { rehearsal } = ran(seed);
    const random = randomStream(seed, 'snapshots');
    const first = createScheduler(seed);
    let restored = createScheduler(seed);
    for (const event of rehearsal.events) {
      const isTaken = random.nextBelow(40) === 0;
      if (isTaken) restored = restoredFrom(takeSnapshot(restored));
      expect(isTaken ? digestState(restored) : '').toBe(isTaken ? digestState(first) : '');
      expect(step(restored, event).effects).toEqual(step(first, event).effects);
    }
    expect(digestState(restored)).toBe(digestState(rehearsal.state));
  });
});

function restoredFrom(snapshot: Uint8Array): SchedulerState {
  const restored = restoreSnapshot(snapshot);
  if (!restored.ok) throw new Error(restored.failure.message);
  checkInvariants(restored.value);
  return restored.value;
}

function ran(seed: number): Network {
  const network = new Network(seed);
  network.run(600);
  return network;
}
