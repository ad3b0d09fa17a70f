// What every store keeps to, whatever it lies in.
import { describe, expect, it } from 'vitest';
import type { AgentId, JobId } from '../../domain/ids.ts';
import type { LeaseNumber } from '../../scheduler/index.ts';
import { USUAL_TERMS, type JobView } from '../../domain/job.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { NamedTensor, StageWork, TaskOutput } from '../../domain/work.ts';
import type { SchedulerEvent } from '../../scheduler/index.ts';
import type { Snapshot, Store, Write } from './store.ts';

/** One place that stores are opened over, one after the other. */
export type StoreHome = {
  open(): Promise<Store>;
};

export const JOB = `job_${'0'.repeat(26)}` as JobId;
export const AGENT = 'A'.repeat(43) as AgentId;

export function leaseOf(number: number): LeaseNumber {
  return number as LeaseNumber;
}

export function expectOk<T>(outcome: Outcome<T>): T {
  expect(outcome).toMatchObject({ ok: true });
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

export function tick(atMs: number): Write {
  return { kind: 'event', event: { kind: 'tick', atMs } };
}

export function outputOf(...bytes: number[]): TaskOutput {
  const source = { kind: 'inline', bytes: new Uint8Array(bytes) } as const;
  return [{ dtype: 'uint8', shape: [bytes.length], source }];
}

/** A report of one output. */
export function reported(lease: LeaseNumber, output: TaskOutput, job = JOB): Write {
  return { kind: 'outputs', job, agent: AGENT, outputs: [{ lease, output }] };
}

export async function outputIn(store: Store, lease: LeaseNumber): Promise<TaskOutput | null> {
  const [output] = await store.outputs(JOB, [lease]);
  return output ?? null;
}

export async function contentOf(
  store: Store,
): Promise<{ readonly snapshot: Snapshot | null; readonly events: readonly SchedulerEvent[] }> {
  const { snapshot, events: batches } = expectOk(await store.readLog());
  const events: SchedulerEvent[] = [];
  for await (const batch of batches()) events.push(...expectOk(batch).events);
  return { snapshot, events };
}

export async function timesIn(store: Store): Promise<number[]> {
  return (await contentOf(store)).events.map(({ atMs }) => atMs);
}

export const STORED_JOB = {
  kind: 'job',
  job: JOB,
  idempotencyKey: 'a',
  specDigest: new Uint8Array(32),
  spec: {
    name: 'j',
    workload: { kind: 'operators', inputs: [], nodes: [], outputs: [] },
    ...USUAL_TERMS,
    checking: { kind: 'adaptive' },
    rowsPerTask: null,
  },
  plan: { stageCount: 1, stages: [], inputs: [], outputs: [] },
} as const satisfies Write;

export const ENDED: JobView = {
  job: JOB,
  name: 'j',
  workload: 'operators',
  state: 'done',
  submittedAtMs: 1,
  endedAtMs: 2,
  stage: 0,
  stageCount: 1,
  taskCount: 1,
  tasksAccepted: 1,
  tasksLeased: 0,
  tasksChecking: 0,
  rowCount: 1,
  rowsAccepted: 1,
  rowsSampled: 0,
  rowsAgreed: 0,
  checks: [],
  contributorCount: 1,
  failure: null,
};

const WORK: StageWork = { program: { kind: 'graph', nodes: [] }, inputs: [], outputs: [] };

function named(name: string): NamedTensor {
  return { name, tensor: outputOf(1, 2, 3)[0] as NamedTensor['tensor'] };
}

/** Facts of a store; `name` says where it lies. */
export function describeStore(name: string, freshHome: () => StoreHome): void {
  describe(`a store ${name}`, () => {
    it('gives events back in order when it is opened again', async () => {
      const home = freshHome();
      const first = await home.open();
      expectOk(await first.commit([tick(1), tick(2)]));
      expectOk(await first.commit([tick(3)]));
      await first.close();
      const second = await home.open();
      expect(await timesIn(second)).toEqual([1, 2, 3]);
      await second.close();
    });

    it('keeps commits in the order of their calls', async () => {
      const store = await freshHome().open();
      const commits = Array.from({ length: 50 }, (_, index) => store.commit([tick(index)]));
      for (const commit of commits) expectOk(await commit);
      expect(await timesIn(store)).toEqual(Array.from({ length: 50 }, (_, index) => index));
      await store.close();
    });

    it('keeps an event as it was', async () => {
      const event: SchedulerEvent = {
        kind: 'job-failed',
        atMs: 1.25,
        job: JOB,
        failure: { code: 'timeout', message: 'späť "\u0000\ud83d\ude00', retryAfterMs: 0.1 },
      };
      const store = await freshHome().open();
      expectOk(await store.commit([{ kind: 'event', event }]));
      expect((await contentOf(store)).events).toEqual([event]);
      await store.close();
    });

    it('keeps a job and what belongs to it', async () => {
      const home = freshHome();
      const first = await home.open();
      const stages = [0, 1].map((stage) => ({ job: JOB, stage }));
      expectOk(await first.commit([STORED_JOB, { kind: 'work', work: WORK, job: JOB, stage: 0 }]));
      expectOk(await first.commit([{ kind: 'work', work: WORK, job: JOB, stage: 1 }]));
      for (const stage of stages.toReversed()) {
        expectOk(
          await first.commit([{ kind: 'tensors', tensors: [named(`${stage.stage}`)], ...stage }]),
        );
      }
      expectOk(await first.commit([{ kind: 'output', job: JOB, output: [named('y')] }]));
      await first.close();
      const store = await home.open();
      const { kind: _, ...job } = STORED_JOB;
      expect(await store.job(JOB)).toEqual(job);
      expect(await store.jobByKey('a')).toEqual(job);
      expect(await store.jobByKey('b')).toBeNull();
      expect(await Promise.all(stages.map((stage) => store.work(stage)))).toEqual([WORK, WORK]);
      expect(await store.work({ job: JOB, stage: 2 })).toBeNull();
      expect(await store.tensors(JOB)).toEqual([named('0'), named('1')]);
      expect(await store.jobOutput(JOB)).toEqual([named('y')]);
      expect(await store.endedJob(JOB)).toBeNull();
      await store.close();
    });

    it('keeps small things by name, the last one said', async () => {
      const store = await freshHome().open();
      expect(await store.kept('x')).toBeNull();
      for (const value of [[1], [2, 3]]) {
        expectOk(await store.commit([{ kind: 'keep', name: 'x', value: new Uint8Array(value) }]));
      }
      expect(await store.kept('x')).toEqual(new Uint8Array([2, 3]));
      await store.close();
    });

    it('gives outputs in the order asked for, and null for those it has not', async () => {
      const store = await freshHome().open();
      const leases = Array.from({ length: 3_000 }, (_, index) => leaseOf(index));
      expectOk(await store.commit([STORED_JOB]));
      for (let at = 0; at < leases.length; at += 100) {
        const outputs = leases.slice(at, at + 100).map((lease, index) => {
          return { lease, output: outputOf((at + index) % 256) };
        });
        expectOk(await store.commit([{ kind: 'outputs', job: JOB, agent: AGENT, outputs }]));
      }
      const asked = [leaseOf(9_999), ...leases.toReversed()];
      const expected = [null, ...leases.map((_, index) => outputOf(index % 256)).toReversed()];
      expect(await store.outputs(JOB, asked)).toEqual(expected);
      await store.close();
    });

    it('keeps the first output reported under a lease', async () => {
      const store = await freshHome().open();
      const lease = leaseOf(1);
      expectOk(await store.commit([STORED_JOB, reported(lease, outputOf(1))]));
      expect(await outputIn(store, lease)).toEqual(outputOf(1));
      expectOk(await store.commit([reported(lease, outputOf(2))]));
      expect(await outputIn(store, lease)).toEqual(outputOf(1));
      await store.close();
    });

    it('keeps how a job ended, and drops the outputs of its tasks', async () => {
      const store = await freshHome().open();
      expectOk(await store.commit([STORED_JOB, reported(leaseOf(1), outputOf(1))]));
      expect(await outputIn(store, leaseOf(1))).toEqual(outputOf(1));
      expect(await store.jobsWithoutEnd()).toEqual([JOB]);
      expectOk(await store.commit([{ kind: 'ended', view: ENDED }]));
      expect(await outputIn(store, leaseOf(1))).toBeNull();
      expect(await store.endedJob(JOB)).toEqual(ENDED);
      expect(await store.jobsWithoutEnd()).toEqual([]);
      await store.close();
    });

    it('keeps no output that is reported when its job has ended', async () => {
      const store = await freshHome().open();
      expectOk(await store.commit([STORED_JOB, { kind: 'ended', view: ENDED }]));
      expectOk(await store.commit([reported(leaseOf(1), outputOf(1))]));
      expect(await outputIn(store, leaseOf(1))).toBeNull();
      await store.close();
    });

    it('makes nothing of a commit durable when a part of it fails', async () => {
      const store = await freshHome().open();
      expectOk(await store.commit([STORED_JOB, tick(1)]));
      const outcome = await store.commit([tick(2), STORED_JOB]);
      expect(outcome).toMatchObject({ ok: false, failure: { code: 'storage_failed' } });
      expect(await timesIn(store)).toEqual([1]);
      expectOk(await store.commit([tick(3)]));
      expect(await timesIn(store)).toEqual([1, 3]);
      await store.close();
    });

    describe('with a snapshot', () => {
      const snapshotOf = (eventCount: number, size: number): Snapshot => {
        const bytes = new Uint8Array(size).map((_, index) => index * eventCount);
        return { eventCount, tasksAccepted: 7 * eventCount, bytes };
      };

      it.each([0, 1, 1024 * 1024, 3 * 1024 * 1024 + 5])(
        'of %i bytes gives it back, and the events behind it',
        async (size) => {
          const home = freshHome();
          const first = await home.open();
          expectOk(await first.commit([tick(1), tick(2), tick(3)]));
          expectOk(await first.saveSnapshot(snapshotOf(2, size)));
          expectOk(await first.commit([tick(4)]));
          await first.close();
          const second = await home.open();
          const { snapshot, events } = await contentOf(second);
          expect(events.map(({ atMs }) => atMs)).toEqual([3, 4]);
          expect(snapshot).toMatchObject({ eventCount: 2, tasksAccepted: 14 });
          expect(
            Buffer.compare(snapshot?.bytes ?? new Uint8Array(), snapshotOf(2, size).bytes),
          ).toBe(0);
          await second.close();
        },
      );

      it('of all events goes on counting behind it', async () => {
        const home = freshHome();
        const first = await home.open();
        expectOk(await first.commit([tick(1), tick(2)]));
        expectOk(await first.saveSnapshot(snapshotOf(2, 10)));
        await first.close();
        const second = await home.open();
        expectOk(await second.commit([tick(3)]));
        expectOk(await second.saveSnapshot(snapshotOf(3, 20)));
        expectOk(await second.commit([tick(4)]));
        await second.close();
        const third = await home.open();
        const { snapshot, events } = await contentOf(third);
        expect(snapshot).toMatchObject({ eventCount: 3, bytes: snapshotOf(3, 20).bytes });
        expect(events.map(({ atMs }) => atMs)).toEqual([4]);
        await third.close();
      });

      it('takes commits while one is being saved', async () => {
        const store = await freshHome().open();
        expectOk(await store.commit([tick(1)]));
        const saving = store.saveSnapshot(snapshotOf(1, 5_000_000));
        for (let atMs = 2; atMs < 20; atMs++) expectOk(await store.commit([tick(atMs)]));
        expectOk(await saving);
        expect(await timesIn(store)).toEqual(Array.from({ length: 18 }, (_, index) => index + 2));
        await store.close();
      });
    });
  });
}
