import type { MakeChecker } from './checker.ts';

/** Nothing asserts, and nothing fails that nobody expected. */
export const noBugs: MakeChecker = (report) => ({
  see(record) {
    if (record.kind === 'bug') report(record.message);
    const isBug = record.kind === 'job-ended' && /\bby a bug\b/.test(record.reason);
    if (isBug) report(`${record.job} failed by a bug`);
  },
});
