import type { JobView } from '../domain/job.ts';
import { printable } from './printable.ts';
import { clockTime, grouped, jobShare, stateWords } from './progress.ts';

const NAME_COLUMNS_MAX = 40;

/** Jobs as a table with a head, columns as wide as they need. */
export function jobTable(jobs: readonly JobView[]): string {
  const rows = jobs.map((job) => [
    job.job,
    job.state,
    `${Math.floor(jobShare(job) * 100)} %`,
    grouped(job.rowCount),
    job.workload,
    printable(job.name).slice(0, NAME_COLUMNS_MAX),
  ]);
  const all = [['JOB', 'STATE', 'DONE', 'ROWS', 'WORKLOAD', 'NAME'], ...rows];
  const widths = (all[0] ?? []).map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  return all
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** All that is known of a job, a line each. */
export function jobDetails(job: JobView): string {
  const ended = job.endedAtMs === null ? [] : [['ended', instant(job.endedAtMs)] as const];
  const took = (job.endedAtMs ?? job.submittedAtMs) - job.submittedAtMs;
  const lines = [
    ['job', job.job],
    ['name', printable(job.name)],
    ['workload', job.workload],
    ['state', job.failure === null ? stateWords(job) : `failed: ${printable(job.failure.message)}`],
    ['submitted', instant(job.submittedAtMs)],
    ...ended,
    ...(job.endedAtMs === null ? [] : [['took', clockTime(took)] as const]),
    ['stage', `${Math.min(job.stage + 1, job.stageCount)} of ${job.stageCount}`],
    ['rows', `${grouped(job.rowsAccepted)} of ${grouped(job.rowCount)} accepted`],
    [
      'tasks',
      `${grouped(job.tasksAccepted)} of ${grouped(job.taskCount)} accepted, ` +
        `${grouped(job.tasksLeased)} leased, ${grouped(job.tasksChecking)} being checked`,
    ],
    ...checkedLines(job),
    ['agents', String(job.contributorCount)],
  ] as const;
  return lines.map(([name, value]) => `${name.padEnd(10)} ${value}`).join('\n');
}

/** How the accepted rows of the stage were verified. */
function checkedLines(job: JobView): readonly (readonly [string, string])[] {
  const { rowsAccepted, rowsSampled, rowsAgreed, checks } = job;
  const ways = [
    [rowsAccepted - rowsSampled - rowsAgreed, 'rows completely'],
    [rowsSampled, 'by samples of each result'],
    [rowsAgreed, 'by two agents that agree'],
  ] as const;
  const told = ways.filter(([rows]) => rows > 0).map(([rows, how]) => `${grouped(rows)} ${how}`);
  return [
    ...(told.length === 0 ? [] : [['checked', told.join(', ')] as const]),
    ...(checks.length === 0 ? [] : [['checks', `each passed ${checks.join(', ')}`] as const]),
  ];
}

function instant(atMs: number): string {
  return new Date(atMs).toISOString();
}
