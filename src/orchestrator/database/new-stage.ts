import { decode, encode } from 'cborg';
import type { StageWork } from '../../domain/work.ts';
import type { SchedulerEventBody } from '../../scheduler/index.ts';
import { claimRows, modestRows } from './cut-claims.ts';
import type { NewStage } from './shared-jobs.ts';

/** What schedulers need to know of a job at one of its stages. */
export type Submission = SchedulerEventBody & { readonly kind: 'job-submitted' };

/** A stage as it is kept for all, to be shared out in claims. */
export function newStage(submission: Submission, work: StageWork): NewStage {
  const { stage } = submission;
  const { rowCount } = stage;
  return {
    stage: stage.stage,
    plan: encode(submission),
    work: encode(work),
    rowCount,
    claimRows: claimRows({ rowCount, taskRows: modestRows(stage) }),
  };
}

/** What `newStage` made a plan from. */
export function submissionFrom(plan: Uint8Array): Submission {
  return decode(plan) as Submission;
}
