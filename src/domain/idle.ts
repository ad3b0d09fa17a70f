/** Why an agent got no task, in the protocol; each has words in the page and the CLI. */
export const IDLE_REASONS = [
  'no_jobs', // nothing is queued
  'all_leased', // every open task is with another agent
  'missing_primitive', // open tasks need a primitive this device lacks
  'memory_too_small', // open tasks need more memory than is lent
  'already_did', // open tasks only need a second opinion, and this agent gave the first
  'quarantined', // results failed checks
  'too_many_leases', // this agent holds as many leases as it may
  'shutting_down', // the orchestrator is restarting
] as const;
export type IdleReason = (typeof IDLE_REASONS)[number];
