import type { JobId } from '../../../src/domain/ids.ts';
import type { SchedulerEventBody } from '../../../src/scheduler/index.ts';
import type { CheckingRule } from './checking-rule.ts';
import type { TrustJob } from './trust-jobs.ts';

/** The event by which the scheduler learns of a job. */
export function submission(
  job: JobId,
  { made, policy }: { readonly made: TrustJob; readonly policy: CheckingRule['policy'] },
): SchedulerEventBody {
  const { requirement, rowCount, cut, msPerRow } = made.stage;
  return {
    kind: 'job-submitted',
    job,
    name: made.subject,
    workload: made.subject === 'model rows' ? 'inference' : 'operators',
    checking: policy,
    stageCount: 1,
    weight: 1,
    deadlineAtMs: null,
    contributor: null,
    stage: { stage: 0, requirement, rowCount, cut, msPerRow, contents: [] },
    claimed: null,
  };
}
