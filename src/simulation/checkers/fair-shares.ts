import type { MakeChecker } from './checker.ts';

/**
 * How far service may go ahead of its fair share, in largest grants of the two jobs. Start-time fair
 * queueing has 1; what a grant is charged may be off by the speed of devices, and a deadline may
 * count fourfold.
 */
const GRANTS_AHEAD_MAX = 12;

type Backlog = {
  readonly weight: number;
  /** The planner's estimate, as the scheduler is told. */
  readonly msPerRow: number;
  readonly rows: number;
  readonly granted: Set<number>;
  largest: number;
  /** What others were given since it was given something, by job; over their weight. */
  readonly passedBy: Map<string, number>;
};

/**
 * No job that has fresh rows is passed over: whatever another is given meanwhile, over its weight,
 * stays within a few of the largest grants of both.
 */
export const fairShares: MakeChecker = (report) => {
  const weights = new Map<string, number>();
  const backlogs = new Map<string, Backlog>();
  let served = new Map<string, number>();

  const pass = (job: string, waiting: Backlog): void => {
    for (const [other, given] of served) {
      const ahead = (waiting.passedBy.get(other) ?? 0) + given;
      waiting.passedBy.set(other, ahead);
      const largest = waiting.largest + (backlogs.get(other)?.largest ?? given);
      if (ahead <= GRANTS_AHEAD_MAX * largest) continue;
      waiting.passedBy.delete(other);
      const times = Math.round(ahead / largest);
      report(`${job} was passed over while ${other} was given ${times} times their largest grants`);
    }
  };

  /** A request was filled: whoever has fresh rows and got nothing was passed over. */
  const close = (): void => {
    for (const [job, given] of served) {
      const backlog = backlogs.get(job);
      if (backlog === undefined) continue;
      backlog.largest = Math.max(backlog.largest, given);
      backlog.passedBy.clear();
    }
    for (const [job, backlog] of backlogs) {
      if (!served.has(job) && backlog.granted.size < backlog.rows) pass(job, backlog);
    }
    served = new Map();
  };

  return {
    see(record) {
      switch (record.kind) {
        case 'request-granted':
          return close();
        case 'job-begun':
          return void weights.set(record.job, record.weight);
        case 'stage-begun': {
          const { job, rows, msPerRow } = record;
          const weight = weights.get(job) ?? 1;
          const least = msPerRow / weight;
          const none = { granted: new Set<number>(), largest: least, passedBy: new Map() };
          return void backlogs.set(job, { weight, msPerRow, rows, ...none });
        }
        case 'granted': {
          const backlog = backlogs.get(record.job);
          if (backlog === undefined) return;
          for (let row = record.start; row < record.end; row++) backlog.granted.add(row);
          const given = ((record.end - record.start) * backlog.msPerRow) / backlog.weight;
          return void served.set(record.job, (served.get(record.job) ?? 0) + given);
        }
        case 'task-revoked': {
          const granted = backlogs.get(record.job)?.granted;
          for (let row = record.start; row < record.end; row++) granted?.delete(row);
          return;
        }
        case 'job-ended':
          backlogs.delete(record.job);
      }
    },
    end: close,
  };
};
