/** What is promised of every history, each by the name that its checker has. */
export const CHECKER_NAMES = [
  'nothing-lost',
  'outputs-true',
  'credit-exact',
  'jobs-end',
  'within-limits',
  'fair-shares',
  'honest-trusted',
  'no-bugs',
] as const;
export type CheckerName = (typeof CHECKER_NAMES)[number];
