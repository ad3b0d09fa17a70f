import { encode } from 'cborg';
import { assert } from '../../domain/assert.ts';
import { failure, type Failure } from '../../domain/failure.ts';
import type { JobId } from '../../domain/ids.ts';
import type { JobSpec, JobView } from '../../domain/job.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { equalBytes } from '../../integrity/index.ts';
import type { BlockSource } from '../../data/index.ts';
import { admitJob, jobView, listAgents } from '../../scheduler/index.ts';
import { planJob, planStage, type JobPlan } from '../../workloads/index.ts';
import type { CheckPool } from '../checking/check-pool.ts';
import type { Coordinator } from '../coordinator.ts';
import type { Store } from '../log/store.ts';
import type { Logger } from '../logger.ts';
import type { Platform } from '../platform.ts';
import { checkTensorHeld } from './held-tensor.ts';
import { newJobId } from './job-id.ts';
import { refuteCapability } from './refute-capability.ts';

export type Submission = { readonly idempotencyKey: string; readonly spec: JobSpec };

export type JobIntake = {
  /**
   * Accepts a job once it is durable; the same key and spec give the same job again.
   *
   * Errors: those of planning and of the store, "idempotency_conflict", "block_unknown",
   * "operator_unsupported", "size_unsupported", "queue_full".
   */
  submit(submission: Submission): Promise<Outcome<JobView>>;
};

type Parts = {
  readonly coordinator: Coordinator;
  readonly store: Store;
  readonly blocks: BlockSource;
  readonly checks: CheckPool;
  readonly logger: Logger;
  readonly platform: Pick<Platform, 'randomBytes' | 'digestOf'>;
  readonly now: () => number;
};

export function jobIntake(parts: Parts): JobIntake {
  // Two calls with one key at the same time are one submission, or a conflict.
  const underWay = new Map<string, { digest: Uint8Array; job: Promise<Outcome<JobView>> }>();
  return {
    async submit(submission) {
      const { idempotencyKey } = submission;
      // As CBOR: maps are sorted by key, so equal specs have equal digests.
      const digest = await parts.platform.digestOf(encode(submission.spec));
      const known = parts.store.jobByKey(idempotencyKey);
      if (known !== null) {
        if (!equalBytes(known.specDigest, digest)) return fail(conflict(idempotencyKey));
        const view = viewOfJob(parts, known.job);
        if (view !== null) return succeed(view);
      }
      const other = underWay.get(idempotencyKey);
      if (other !== undefined) {
        return equalBytes(other.digest, digest) ? other.job : fail(conflict(idempotencyKey));
      }
      const job = accept(parts, { ...submission, digest });
      underWay.set(idempotencyKey, { digest, job });
      try {
        return await job;
      } finally {
        underWay.delete(idempotencyKey);
      }
    },
  };
}

/** How a job stands, or stood when it ended; null where there is none. */
export function viewOfJob(
  parts: { readonly coordinator: Coordinator; readonly store: Store },
  job: JobId,
): JobView | null {
  return jobView(parts.coordinator.state, job) ?? parts.store.endedJob(job);
}

async function accept(
  parts: Parts,
  submission: Submission & { readonly digest: Uint8Array },
): Promise<Outcome<JobView>> {
  const { coordinator } = parts;
  const { spec, idempotencyKey, digest: specDigest } = submission;
  const held = await checkHeld(spec, parts.blocks);
  if (!held.ok) return held;
  const plan = await planOf(spec, parts.checks);
  if (!plan.ok) return plan;
  const first = planStage(plan.value, { stage: 0, tensors: new Map() });
  if (!first.ok) return first;
  const refuted = refutePlan(plan.value, coordinator);
  if (refuted !== null) return fail(refuted);
  const { work, requirement, rowCount, rowsPerTask } = first.value;
  const stage = { stage: 0, requirement, rowCount, rowsPerTask };
  const admitted = admitJob(coordinator.state, stage);
  if (!admitted.ok) return admitted;
  const job = newJobId(parts.now(), parts.platform);
  const submitted = await coordinator.submit(
    {
      kind: 'job-submitted',
      job,
      name: spec.name,
      workload: spec.workload.kind,
      checking: spec.checking,
      stageCount: plan.value.stageCount,
      stage,
    },
    [
      { kind: 'job', job, idempotencyKey, specDigest, spec, plan: plan.value },
      { kind: 'work', job, stage: 0, work },
    ],
  );
  if (!submitted.ok) return submitted;
  const view = viewOfJob(parts, job);
  assert(view !== null, `job ${job} was admitted`);
  parts.logger.info('job accepted', { job, name: spec.name, tasks: view.taskCount });
  return succeed(view);
}

/** The job's blobs are held here, and as large as its tensors say. */
async function checkHeld(spec: JobSpec, blocks: BlockSource): Promise<Outcome<void>> {
  const { workload } = spec;
  const constants = workload.kind === 'inference' ? workload.constants : [];
  for (const { name, tensor } of [...workload.inputs, ...constants]) {
    const held = await checkTensorHeld(tensor, blocks);
    if (held.ok) continue;
    const { code, message } = held.failure;
    return fail(failure(code, `tensor "${name}": ${message}`));
  }
  return succeed(undefined);
}

async function planOf(spec: JobSpec, checks: CheckPool): Promise<Outcome<JobPlan>> {
  if (spec.workload.kind === 'operators') return planJob(spec, null);
  const facts = await checks.probe(spec.workload);
  return facts.ok ? planJob(spec, facts.value) : facts;
}

/** With agents present, a job that none of them can do is refused at once. */
function refutePlan(plan: JobPlan, coordinator: Coordinator): Failure | null {
  const capabilities = Array.from(listAgents(coordinator.state), ({ capability }) => capability);
  for (const { requirement, program } of plan.stages) {
    const refuted = refuteCapability({ requirement, program }, capabilities);
    if (refuted !== null) return refuted;
  }
  return null;
}

function conflict(key: string): Failure {
  const text = `idempotency key "${key}" was used for another job`;
  return failure('idempotency_conflict', `${text}. Use a new key for a new job.`);
}
