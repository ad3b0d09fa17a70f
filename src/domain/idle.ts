/** Why an agent got no task, in the protocol; each has words in the page and the CLI. */
export const IDLE_REASONS = [
  'no_jobs', // nothing is queued
  'all_leased', // every open task is with another agent
  'missing_primitive', // open tasks need a primitive this device lacks
  'memory_too_small', // open tasks need more memory than is lent
  'already_did', // open tasks only need a second opinion, and this agent or its address gave the first
  'retry_later', // open tasks failed lately, here or on others, and wait for their next try
  'quarantined', // results failed checks
  'too_many_leases', // this agent holds as many leases as it may
  'first_results_pending', // a new key: more tasks once the first results are found right
  'checks_behind', // so many results wait for their checks that nobody gets more tasks
  'range_at_share', // agents of this address range hold as large a share of the open jobs as they may
  'shutting_down', // the orchestrator is restarting
] as const;
export type IdleReason = (typeof IDLE_REASONS)[number];
