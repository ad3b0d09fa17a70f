import type { ServiceImpl } from '@connectrpc/connect';
import { failure, FailureError, type Failure } from '../../domain/failure.ts';
import { parseJobId, type AgentId, type JobId } from '../../domain/ids.ts';
import type { JobView } from '../../domain/job.ts';
import { PAGE_SIZE, PAGE_SIZE_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { agentIdOf } from '../../integrity/index.ts';
import {
  jobSpecFromWire,
  jobToWire,
  namedTensorToWire,
  type JobService,
  type SubmitJobRequest,
} from '../../wire/index.ts';
import type { SignedClaim } from '../access/verify-now.ts';
import type { JobHome } from '../jobs/job-home.ts';
import type { JobIntake } from '../jobs/job-intake.ts';
import { jobUnknown, type JobWatch } from '../jobs/job-watch.ts';
import type { Store } from '../log/store.ts';
import { unwrap } from './unwrap.ts';

type Parts = {
  readonly store: Store;
  readonly intake: JobIntake;
  readonly home: JobHome;
  readonly watch: JobWatch;
  readonly verify: (claim: SignedClaim) => boolean;
};

/** Producers' jobs. The gate has checked the API key. */
export function jobsRoute(parts: Parts): ServiceImpl<typeof JobService> {
  const { home, store } = parts;
  const view = async (id: string): Promise<JobView> =>
    unwrap(await jobOf(parts, unwrap(parseJobId(id))));
  return {
    async submitJob(request) {
      const { idempotencyKey } = request;
      const parsed = unwrap(jobSpecFromWire(request.spec));
      const spec = { ...parsed, contributor: unwrap(contributorOf(parts, request)) };
      const job = unwrap(await parts.intake.submit({ idempotencyKey, spec }));
      return { job: jobToWire(job) };
    },

    getJob: async ({ jobId }) => ({ job: jobToWire(await view(jobId)) }),

    async listJobs({ pageSize, pageToken }) {
      const limit = Math.min(pageSize === 0 ? PAGE_SIZE : pageSize, PAGE_SIZE_MAX);
      const after = pageToken === '' ? {} : { afterToken: pageToken };
      const page = unwrap(await home.list({ limit, ...after }));
      return { jobs: page.jobs.map(jobToWire), nextPageToken: page.nextToken ?? '' };
    },

    async *watchJob({ jobId }, context) {
      const job = unwrap(parseJobId(jobId));
      for await (const changed of parts.watch.watch(job, context.signal)) {
        yield { job: jobToWire(changed) };
      }
    },

    async cancelJob({ jobId }) {
      const before = await view(jobId);
      if (before.endedAtMs === null) unwrap(await home.cancel(before.job));
      return { job: jobToWire(await view(jobId)) };
    },

    async getOutput({ jobId }) {
      const { job, state, failure: cause } = await view(jobId);
      const output = await store.jobOutput(job);
      if (state === 'done' && output !== null) return { outputs: output.map(namedTensorToWire) };
      throw new FailureError(whyNoOutput({ job, state, failure: cause }));
    },
  };
}

/** The agent that a producer shows to be its own: else anybody's deeds would serve anybody. */
function contributorOf({ verify }: Parts, request: SubmitJobRequest): Outcome<AgentId | null> {
  const { contributorKey, contributorSignature: signature } = request;
  if (contributorKey.byteLength === 0) return succeed(null);
  const agent = agentIdOf(contributorKey);
  if (!agent.ok) return agent;
  const bytes = new TextEncoder().encode(request.idempotencyKey);
  if (verify({ agent: agent.value, purpose: 'contributor', bytes, signature })) return agent;
  const text = "the contributor's signature is not of the idempotency key by that agent's key";
  return fail(
    failure('signature_invalid', `${text}. Sign the key that is sent, or name no agent.`),
  );
}

async function jobOf(parts: Parts, job: JobId): Promise<Outcome<JobView>> {
  const view = await parts.home.view(job);
  return view === null ? fail(jobUnknown(job)) : succeed(view);
}

function whyNoOutput(view: Pick<JobView, 'job' | 'state' | 'failure'>): Failure {
  const { job, state } = view;
  if (state === 'failed') {
    return failure('job_failed', `job ${job} failed: ${view.failure?.message ?? 'no reason kept'}`);
  }
  if (state === 'canceled') {
    return failure('job_canceled', `job ${job} was canceled. Submit it again for its output.`);
  }
  const text = `job ${job} is not done yet`;
  return failure('job_not_finished', `${text}. Watch it, and ask again when it is.`, 1_000);
}
