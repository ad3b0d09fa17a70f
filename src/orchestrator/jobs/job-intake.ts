import { encode } from 'cborg';
import { assert } from '../../domain/assert.ts';
import { failure, type Failure } from '../../domain/failure.ts';
import { USUAL_TERMS, type JobTerms, type JobSpec, type JobView } from '../../domain/job.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { equalBytes } from '../../integrity/index.ts';
import type { BlockSource } from '../../data/index.ts';
import { admitJob, listAgents } from '../../scheduler/index.ts';
import { planJob, planStage, type JobPlan } from '../../workloads/index.ts';
import type { CheckPool } from '../checking/check-pool.ts';
import type { Coordinator } from '../coordinator.ts';
import type { Store } from '../log/store.ts';
import type { Logger } from '../logger.ts';
import type { Platform } from '../platform.ts';
import { checkTensorHeld } from './held-tensor.ts';
import type { JobHome } from './job-home.ts';
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
  readonly home: JobHome;
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
      const digest = await parts.platform.digestOf(digestedBytes(submission.spec));
      const other = underWay.get(idempotencyKey);
      if (other !== undefined) {
        return equalBytes(other.digest, digest) ? other.job : fail(conflict(idempotencyKey));
      }
      const job = knownOrAccepted(parts, { ...submission, digest });
      underWay.set(idempotencyKey, { digest, job });
      try {
        return await job;
      } finally {
        underWay.delete(idempotencyKey);
      }
    },
  };
}

type Digested = Submission & { readonly digest: Uint8Array };

async function knownOrAccepted(parts: Parts, submission: Digested): Promise<Outcome<JobView>> {
  const { idempotencyKey, digest } = submission;
  const known = await parts.store.jobByKey(idempotencyKey);
  if (known === null) return accept(parts, submission);
  if (!equalBytes(known.specDigest, digest)) return fail(conflict(idempotencyKey));
  const view = await parts.home.view(known.job);
  assert(view !== null, `job ${known.job} is open or its end is kept`);
  return succeed(view);
}

async function accept(parts: Parts, submission: Digested): Promise<Outcome<JobView>> {
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
  const { work, ...sizes } = first.value;
  const stage = { stage: 0, ...sizes };
  const admitted = admitJob(coordinator.state, stage);
  if (!admitted.ok) return admitted;
  const job = newJobId(parts.now(), parts.platform);
  const { deadlineMs } = spec;
  const deadlineAtMs = deadlineMs === null ? null : coordinator.nowMs() + deadlineMs;
  const fresh = { job, idempotencyKey, specDigest, spec, plan: plan.value };
  const accepted = await parts.home.accept({ ...fresh, deadlineAtMs, stage, work });
  if (!accepted.ok) return accepted;
  const view = await parts.home.view(accepted.value);
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
  if (spec.workload.kind !== 'inference') return planJob(spec, null);
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

/**
 * What tells specs apart, as CBOR: maps are sorted by key, so equal specs have equal digests. Terms that came
 * later count only where they are unusual: what was submitted before stays the same job.
 */
function digestedBytes(spec: JobSpec): Uint8Array {
  const { weight, deadlineMs, contributor, ...rest } = spec;
  const later = Object.entries({ weight, deadlineMs, contributor }).filter(([name, value]) => {
    // Of the three names above.
    return value !== USUAL_TERMS[name as keyof JobTerms];
  });
  const counted = { ...rest, ...Object.fromEntries(later) };
  return encode(counted);
}

export function conflict(key: string): Failure {
  const text = `idempotency key "${key}" was used for another job`;
  return failure('idempotency_conflict', `${text}. Use a new key for a new job.`);
}
