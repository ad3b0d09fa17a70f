import { assert } from '../../domain/assert.ts';
import { failure, FailureError } from '../../domain/failure.ts';
import { DISK_RETRY_MS } from '../../domain/limits.ts';
import type { RowRange, TensorRef } from '../../domain/tensor.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import { sinkOf, writeBlob, type BlockStore } from '../../data/index.ts';
import {
  jobView,
  type SchedulerEffect,
  type SchedulerEventBody,
  type StagePlan,
} from '../../scheduler/index.ts';
import { assembleStage, jobOutputs, neededOutputs, planStage } from '../../workloads/index.ts';
import type { NamedTensor, StageWork, TaskOutput } from '../../domain/work.ts';
import type { Coordinator } from '../coordinator.ts';
import type { StageOfJob, Store, Write } from '../log/store.ts';
import type { Logger } from '../logger.ts';
import type { Platform } from '../platform.ts';
import { tensorReader } from '../tensor-reader.ts';

type StageFinished = SchedulerEffect & { readonly kind: 'stage-finished' };
type Next = { readonly event: SchedulerEventBody; readonly writes: readonly Write[] };

/**
 * Takes a job from a finished stage to the next, or to its output: assembles what the tasks put
 * out, and makes that durable together with the event that tells it.
 */
export function runStages(parts: {
  readonly coordinator: Coordinator;
  readonly store: Store;
  readonly blocks: BlockStore;
  readonly logger: Logger;
  readonly platform: Pick<Platform, 'after'>;
}): (finished: StageFinished) => void {
  const { coordinator, store, blocks, logger, platform } = parts;
  const read = tensorReader(blocks);
  const write = (chunks: AsyncIterable<Uint8Array>) => writeBlob(sinkOf(blocks), chunks);

  const next = async (finished: StageFinished): Promise<Outcome<Next>> => {
    const { job, stage, results } = finished;
    const leases = results.map(({ lease }) => lease);
    const outputs = (await store.outputs(job, leases)).map((output, index) => {
      const result = results[index];
      assert(output !== null && result !== undefined, 'an output is kept until its job ends');
      return { rows: result.rows, output };
    });
    const assembled = await assembleJob({ store, read, write }, { job, stage, outputs });
    if (!assembled.ok) return assembled;
    const { tensors, next: planned, output } = assembled.value;
    const kept: Write = { kind: 'tensors', job, stage, tensors };
    if (planned === null) {
      const writes: Write[] = [kept, { kind: 'output', job, output }];
      return succeed({ event: { kind: 'job-finished', job }, writes });
    }
    return succeed({
      event: { kind: 'stage-planned', job, stage: planned.stage, claimed: null },
      writes: [kept, { kind: 'work', job, stage: stage + 1, work: planned.work }],
    });
  };

  const run = async (finished: StageFinished): Promise<void> => {
    // Canceled while it waited for the disk: its results are gone.
    if (jobView(coordinator.state, finished.job)?.endedAtMs !== null) return;
    const outcome = await next(finished);
    if (outcome.ok) return coordinator.insist(outcome.value.event, outcome.value.writes);
    if (isStorage(outcome.failure.code)) return retry(finished, outcome.failure.message);
    return coordinator.insist({ kind: 'job-failed', job: finished.job, failure: outcome.failure });
  };

  const retry = (finished: StageFinished, message: string): void => {
    logger.warn(`assembling waits: ${message}`, { job: finished.job });
    platform.after(DISK_RETRY_MS, () => start(finished));
  };

  const start = (finished: StageFinished): void => {
    run(finished).catch((cause: unknown) => {
      // Canceled meanwhile: what it was to read is gone.
      if (jobView(coordinator.state, finished.job)?.endedAtMs !== null) return;
      if (cause instanceof FailureError) return retry(finished, cause.message);
      logger.error('assembling failed', { job: finished.job, cause: String(cause) });
      const bug = failure('execution_failed', 'assembling failed by a bug; see the log.');
      void coordinator.insist({ kind: 'job-failed', job: finished.job, failure: bug });
    });
  };
  return start;
}

export type Assembled = {
  /** What the stage was assembled to. */
  readonly tensors: readonly NamedTensor[];
  /** Null after the last stage. */
  readonly next: { readonly stage: StagePlan; readonly work: StageWork } | null;
  /** Of the job, after its last stage; else empty. */
  readonly output: readonly NamedTensor[];
};

/** What comes of a stage all of whose rows are there. Errors: those of the block store. */
export async function assembleJob(
  by: { readonly store: Store; readonly read: TensorReader; readonly write: BlobWriter },
  of: StageOfJob & { readonly outputs: readonly StageOutput[] },
): Promise<Outcome<Assembled>> {
  const { store, read, write } = by;
  const { job, stage } = of;
  const stored = await store.job(job);
  assert(stored !== null, `job ${job} is in the log and in the store`);
  const earlier = tensorsOf(await store.tensors(job));
  const current = planStage(stored.plan, { stage, tensors: earlier });
  if (!current.ok) return current;
  const needed = neededOutputs(stored.plan, stage);
  const parts = { stage: current.value, needed, results: of.outputs };
  const assembled = await assembleStage({ ...parts, read, write });
  if (!assembled.ok) return assembled;
  const tensors = new Map([...earlier, ...tensorsOf(assembled.value)]);
  if (stage + 1 === stored.plan.stageCount) {
    const output = jobOutputs(stored.plan, tensors);
    if (!output.ok) return output;
    return succeed({ tensors: assembled.value, next: null, output: output.value });
  }
  const planned = planStage(stored.plan, { stage: stage + 1, tensors });
  if (!planned.ok) return planned;
  const { work, ...rest } = planned.value;
  const next = { stage: { stage: stage + 1, ...rest }, work };
  return succeed({ tensors: assembled.value, next, output: [] });
}

type StageOutput = { readonly rows: RowRange; readonly output: TaskOutput };
type TensorReader = Parameters<typeof assembleStage>[0]['read'];
type BlobWriter = Parameters<typeof assembleStage>[0]['write'];

/** A job waits for its disk; it does not fail by it. */
export function isStorage(code: string): boolean {
  return code === 'storage_full' || code === 'storage_failed';
}

function tensorsOf(named: readonly NamedTensor[]): Map<string, TensorRef> {
  return new Map(named.map(({ name, tensor }) => [name, tensor]));
}
