import type { MakeChecker } from './checker.ts';

/**
 * Requests that may be filled from other jobs before a job with fresh tasks gets one, for each job
 * that is open. Among equally weighted jobs; one turn each would be 1.
 */
const TURNS_MAX = 4;

type Backlog = {
  readonly rows: number;
  granted: number;
  readonly tasks: Set<string>;
  passed: number;
};

/** No job that always has fresh tasks is passed over: all of one weight get their turns. */
export const fairTurns: MakeChecker = (report) => {
  const backlogs = new Map<string, Backlog>();
  let served = new Set<string>();

  /** A request was filled: whoever has fresh tasks and got nothing was passed over. */
  const close = (): void => {
    if (served.size === 0) return;
    const waiting = [...backlogs].filter(([, { granted, rows }]) => granted < rows);
    for (const [job, backlog] of waiting) {
      backlog.passed = served.has(job) ? 0 : backlog.passed + 1;
      if (backlog.passed <= TURNS_MAX * backlogs.size) continue;
      report(`${job} was passed over ${backlog.passed} times among ${backlogs.size} jobs`);
      backlog.passed = 0;
    }
    served = new Set();
  };

  return {
    see(record) {
      switch (record.kind) {
        case 'request-granted':
          return close();
        case 'stage-begun': {
          const { job, rows } = record;
          return void backlogs.set(job, { rows, granted: 0, tasks: new Set(), passed: 0 });
        }
        case 'granted': {
          served.add(record.job);
          const backlog = backlogs.get(record.job);
          if (backlog === undefined || backlog.tasks.has(record.task)) return;
          backlog.tasks.add(record.task);
          backlog.granted += record.rows;
          return;
        }
        case 'job-ended':
          backlogs.delete(record.job);
      }
    },
    end: close,
  };
};
