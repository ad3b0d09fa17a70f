// What a store of version 1 says, in the words of today.
//
// Its scheduler cut stages into tasks of equal size ahead, and its decisions cannot be followed by
// today's rules. What happened to jobs is taken over event by event; of tasks, what was accepted: the
// rows of each verdict, once; of agents, how they stand (standings-of-1.ts). Results that were not
// judged yet are computed again, and sessions begin anew.
import type { CheckingPolicy } from '../../domain/checking.ts';
import type { Failure } from '../../domain/failure.ts';
import type { JobId } from '../../domain/ids.ts';
import { USUAL_TERMS, type JobSpec, type JobView, type WorkloadSpec } from '../../domain/job.ts';
import { TASK_TARGET_MS } from '../../domain/limits.ts';
import type { Requirement } from '../../domain/work.ts';
import type { LeaseNumber, SchedulerEvent, StagePlan } from '../../scheduler/index.ts';
import type { JobPlan } from '../../workloads/index.ts';

/** Where leases of version 1 begin: behind all numbers that today's scheduler ever gives. */
const LEASES_OF_1 = 2 ** 49;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

type Sizes = {
  readonly requirement: Omit<Requirement, 'rowBytes'>;
  readonly rowCount: number;
  readonly rowsPerTask: number;
};
type StageOf1 = Sizes & { readonly stage: number };

export type SpecOf1 = Pick<JobSpec, 'name' | 'workload' | 'checking' | 'rowsPerTask'>;
export type PlanOf1 = Omit<JobPlan, 'stages'> & {
  readonly stages: readonly (Omit<JobPlan['stages'][number], 'cut' | 'msPerRow'> & Sizes)[];
};

/** Events of version 1 that are taken over; there were others. */
export type EventOf1 = { readonly atMs: number } & (
  | {
      readonly kind: 'job-submitted';
      readonly job: JobId;
      readonly name: string;
      readonly workload: WorkloadSpec['kind'];
      readonly checking: CheckingPolicy;
      readonly stageCount: number;
      readonly stage: StageOf1;
    }
  | { readonly kind: 'stage-planned'; readonly job: JobId; readonly stage: StageOf1 }
  | { readonly kind: 'job-finished' | 'job-canceled'; readonly job: JobId }
  | { readonly kind: 'job-failed'; readonly job: JobId; readonly failure: Failure }
  | { readonly kind: 'judged'; readonly task: string; readonly accepted: string | null }
  | { readonly kind: 'other' }
);

/**
 * Translates the events of one log, in their order.
 *
 * `ended`: jobs as they stood at their end. The scheduler of version 1 ended jobs by itself, whose
 * tasks had failed too often; of that end there was no event.
 */
export function eventsFrom1(ended: readonly JobView[]) {
  const failed = ended
    .filter(({ state }) => state === 'failed')
    .sort((a, b) => (a.endedAtMs ?? 0) - (b.endedAtMs ?? 0));
  const failuresUntil = (atMs: number): SchedulerEvent[] => {
    const events: SchedulerEvent[] = [];
    for (let view = failed[0]; view !== undefined; view = failed[0]) {
      const { job, endedAtMs, failure } = view;
      if (endedAtMs === null || failure === null || endedAtMs >= atMs) break;
      events.push({ kind: 'job-failed', atMs: endedAtMs, job, failure });
      failed.shift();
    }
    return events;
  };
  const translate = translation();
  return {
    of: (event: EventOf1): SchedulerEvent[] => [...failuresUntil(event.atMs), ...translate(event)],
    /** What comes behind the last event. */
    last: (): SchedulerEvent[] => failuresUntil(Infinity),
  };
}

function translation(): (event: EventOf1) => SchedulerEvent[] {
  const stages = new Map<JobId, StageOf1>();
  return (event) => {
    const { atMs } = event;
    switch (event.kind) {
      case 'job-submitted': {
        stages.set(event.job, event.stage);
        const { weight, contributor } = USUAL_TERMS;
        const terms = { weight, contributor, deadlineAtMs: null, claimed: null };
        return [{ ...event, ...terms, stage: stageFrom1(event.stage) }];
      }
      case 'stage-planned':
        stages.set(event.job, event.stage);
        return [{ ...event, stage: stageFrom1(event.stage), claimed: null }];
      case 'judged':
        return acceptedFrom1(event, { atMs, stages });
      case 'job-finished':
      case 'job-canceled':
      case 'job-failed':
        return [event];
      default:
        return [];
    }
  };
}

/** The number of a lease: ten characters of base 32 behind "lease_". */
export function leaseOf1(id: string): LeaseNumber {
  let number = LEASES_OF_1;
  const counted = id.slice(6, 16);
  for (let at = 0; at < counted.length; at++) {
    number += ALPHABET.indexOf(counted.charAt(at)) * 32 ** (counted.length - 1 - at);
  }
  // No lease has a number from there on, so none is taken for another.
  return number as LeaseNumber;
}

export function specFrom1(spec: SpecOf1): JobSpec {
  return { ...USUAL_TERMS, ...spec };
}

export function planFrom1(plan: PlanOf1): JobPlan {
  const stages = plan.stages.map(({ rowsPerTask, ...outline }) => ({
    ...outline,
    requirement: { ...outline.requirement, rowBytes: 0 },
    cut: { kind: 'fixed', rowsPerTask } as const,
    msPerRow: TASK_TARGET_MS / rowsPerTask,
  }));
  return { ...plan, stages };
}

function stageFrom1({ stage, requirement, rowCount, rowsPerTask }: StageOf1): StagePlan {
  return {
    stage,
    requirement: { ...requirement, rowBytes: 0 },
    rowCount,
    cut: { kind: 'fixed', rowsPerTask },
    msPerRow: TASK_TARGET_MS / rowsPerTask,
    contents: [],
  };
}

function acceptedFrom1(
  { task, accepted }: { readonly task: string; readonly accepted: string | null },
  of: { readonly atMs: number; readonly stages: ReadonlyMap<JobId, StageOf1> },
): SchedulerEvent[] {
  const [job = '', stage, index] = task.split('/');
  // A task's id began with its job's.
  const plan = of.stages.get(job as JobId);
  if (accepted === null || plan === undefined || plan.stage !== Number(stage)) return [];
  const start = Number(index) * plan.rowsPerTask;
  const rows = { start, end: Math.min(plan.rowCount, start + plan.rowsPerTask) };
  const results = [{ lease: leaseOf1(accepted), rows }];
  return [{ kind: 'rows-adopted', atMs: of.atMs, job: job as JobId, stage: plan.stage, results }];
}
