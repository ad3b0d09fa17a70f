import { encode } from 'cborg';
import { assert } from '../../domain/assert.ts';
import { failure as failureOf, FailureError, type Failure } from '../../domain/failure.ts';
import type { JobId } from '../../domain/ids.ts';
import type { TaskOutput } from '../../domain/work.ts';
import { sinkOf, writeBlob } from '../../data/index.ts';
import type { HomeParts } from '../jobs/job-home.ts';
import { assembleJob, isStorage } from '../jobs/stage-runner.ts';
import { tensorReader } from '../tensor-reader.ts';
import { certain, type BackgroundWork } from './background-work.ts';
import type { Claims } from './claims.ts';
import { newStage, submissionFrom } from './new-stage.ts';
import type { JobEnding, SharedJobs, StageToAssemble } from './shared-jobs.ts';
import type { StreamOutputs } from './stream-outputs.ts';

export type AssemblyParts = Pick<HomeParts, 'store' | 'blocks' | 'logger'> & {
  readonly jobs: SharedJobs;
  readonly claims: Claims;
  readonly outputs: StreamOutputs;
  readonly member: number;
  readonly work: BackgroundWork;
  /** Ends a job whose last stage was assembled. */
  readonly done: (job: JobId, output: JobEnding['output']) => Promise<unknown>;
  readonly failed: (job: JobId, failure: Failure) => Promise<void>;
};

/**
 * What brings jobs of a member from a stage whose claims are all done to the next, or to their end.
 *
 * What the database or a disk keeps from succeeding is done by a later call.
 */
export function assembleShared(parts: AssemblyParts): () => Promise<void> {
  const { jobs, member, logger, work, failed } = parts;
  const atWork = new Set<JobId>();

  const assembleOne = async (stage: StageToAssemble): Promise<void> => {
    const { job } = stage;
    try {
      await assembleStage(parts, stage);
    } catch (cause) {
      // The database's failures are waited out: it is looked for again.
      if (cause instanceof FailureError) throw cause;
      logger.error('assembling failed', { job, cause: String(cause) });
      await failed(job, failureOf('execution_failed', 'assembling failed by a bug; see the log.'));
    } finally {
      atWork.delete(job);
    }
  };

  return async () => {
    const stages = await jobs.toAssemble(member);
    if (!stages.ok) return;
    for (const stage of stages.value) {
      if (atWork.has(stage.job)) continue;
      atWork.add(stage.job);
      work.run(() => assembleOne(stage));
    }
  };
}

async function assembleStage(parts: AssemblyParts, at: StageToAssemble): Promise<void> {
  const { store, blocks, logger, jobs, member, done, failed } = parts;
  const { job, stage, stageId } = at;
  const outputs = await outputsOf(parts, at);
  if (outputs === null) return;
  const read = tensorReader(blocks);
  const write = (chunks: AsyncIterable<Uint8Array>) => writeBlob(sinkOf(blocks), chunks);
  const assembled = await assembleJob({ store, read, write }, { job, stage, outputs });
  if (!assembled.ok) {
    const { failure } = assembled;
    if (isStorage(failure.code)) return logger.warn(`assembling waits: ${failure.message}`);
    return failed(job, failure);
  }
  const { next, output } = assembled.value;
  const tensors = encode(assembled.value.tensors);
  if (next === null) {
    await done(job, { job, stage, tensors, bytes: encode(output) });
    return;
  }
  const before = submissionFrom(certain(await jobs.plan(stageId)));
  const planned = newStage({ ...before, stage: next.stage }, next.work);
  await jobs.advance({ job, stage, tensors, next: planned }, member);
}

/** Whose result has which rows; null while a claim is not done. */
async function outputsOf(
  { claims, outputs }: AssemblyParts,
  { job, stageId }: StageToAssemble,
): Promise<Parameters<typeof assembleJob>[1]['outputs'] | null> {
  const results = certain(await claims.results(stageId));
  if (results === null) return null;
  const placesByStream = new Map<number, number[]>();
  for (const [place, { stream }] of results.entries()) {
    const places = placesByStream.get(stream);
    if (places === undefined) placesByStream.set(stream, [place]);
    else places.push(place);
  }
  const found: (TaskOutput | null)[] = results.map(() => null);
  for (const [stream, places] of placesByStream) {
    const leases = places.flatMap((place) => results[place]?.lease ?? []);
    const read = certain(await outputs.read({ stream, job }, leases));
    for (const [at, place] of places.entries()) found[place] = read[at] ?? null;
  }
  return results.map(({ rows }, place) => {
    const output = found[place] ?? null;
    assert(output !== null, 'an output is kept until its job ends');
    return { rows, output };
  });
}
