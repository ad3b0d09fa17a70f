import { encode } from 'cborg';
import { assert } from '../../domain/assert.ts';
import type { JobId } from '../../domain/ids.ts';
import type { JobView } from '../../domain/job.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import { deadlinePassed, type JobEnd } from '../../scheduler/index.ts';
import { certain } from './background-work.ts';
import type { JobEnding, SharedJobs } from './shared-jobs.ts';
import type { SharedViews } from './shared-views.ts';

export type JobEndings = {
  /**
   * Ends a job for all members, as it stands. False: it is over already, or at another stage.
   *
   * Rejects while the database is away.
   */
  end(job: JobId, end: JobEnd, output?: JobEnding['output']): Promise<Outcome<boolean>>;
  /** Fails the member's own jobs whose deadline has come, though nobody may have begun them. */
  endLate(): Promise<void>;
};

/** How a member ends jobs that it shares with others. */
export function jobEndings(parts: {
  readonly jobs: Pick<SharedJobs, 'end' | 'late'>;
  readonly views: Pick<SharedViews, 'of'>;
  readonly member: number;
  readonly now: () => number;
}): JobEndings {
  const { jobs, views, member, now } = parts;
  const viewOf = async (job: JobId) => {
    const view = certain(await views.of(job));
    assert(view !== null, 'a job that ends is kept');
    return view;
  };
  const endAs = async (view: JobView, end: JobEnd, output: JobEnding['output']) => {
    if (view.endedAtMs !== null) return succeed(false);
    const ended = {
      ...view,
      state: end.kind,
      endedAtMs: now(),
      failure: end.kind === 'failed' ? end.failure : null,
      tasksLeased: 0,
      tasksChecking: 0,
    };
    return jobs.end({ job: view.job, state: end.kind, ended: encode(ended), output }, member);
  };
  return {
    end: async (job, end, output = null) => endAs(await viewOf(job), end, output),

    async endLate() {
      for (const job of certain(await jobs.late(member, now()))) {
        const view = await viewOf(job);
        certain(await endAs(view, { kind: 'failed', failure: deadlinePassed(view) }, null));
      }
    },
  };
}
