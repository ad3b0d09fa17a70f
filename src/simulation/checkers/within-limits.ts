import {
  AGENTS_MAX,
  LEASE_MS,
  LEASES_PER_AGENT_MAX,
  LEASES_PER_CALL_MAX,
  OPEN_JOBS_MAX,
  UNJUDGED_PER_AGENT_MAX,
} from '../../domain/limits.ts';
import type { MakeChecker } from './checker.ts';

/** Queues stay within their named limits, as far as they can be seen from outside. */
export const withinLimits: MakeChecker = (report) => {
  const openJobs = new Set<string>();
  const present = new Set<string>();
  // Leases by agent with when they were granted: those that nothing was heard of since.
  const held = new Map<string, Map<string, number>>();
  const agentOfLease = new Map<string, string>();
  // Leases by their rows: a task that is accepted ends all of its leases, and so does its job.
  const leasesOf = new Map<string, Map<string, string[]>>();

  const drop = (lease: string): void => {
    held.get(agentOfLease.get(lease) ?? '')?.delete(lease);
  };

  const noteRows = (job: string, rows: string, lease: string): void => {
    const ofJob = leasesOf.get(job) ?? new Map<string, string[]>();
    leasesOf.set(job, ofJob.set(rows, [...(ofJob.get(rows) ?? []), lease]));
  };

  const grant = (lease: string, agent: string, atMs: number): void => {
    agentOfLease.set(lease, agent);
    const leases = held.get(agent) ?? new Map<string, number>();
    held.set(agent, leases.set(lease, atMs));
    // An older one may have run out.
    for (const [old, grantedAtMs] of leases) {
      if (grantedAtMs > atMs - LEASE_MS) break;
      leases.delete(old);
    }
    if (leases.size <= LEASES_PER_AGENT_MAX) return;
    report(`agent ${agent} holds ${leases.size} leases; LEASES_PER_AGENT_MAX are allowed`);
  };

  return {
    see(record) {
      switch (record.kind) {
        case 'request-granted':
          present.add(record.agent);
          if (present.size > AGENTS_MAX) report('more agents are present than AGENTS_MAX');
          if (record.tasks <= LEASES_PER_CALL_MAX) return;
          return report(`one call was granted ${record.tasks} leases, above LEASES_PER_CALL_MAX`);
        case 'granted':
          noteRows(record.job, rowsOf(record), record.lease);
          return grant(record.lease, record.agent, record.atMs);
        case 'task-accepted':
          return leasesOf.get(record.job)?.get(rowsOf(record))?.forEach(drop);
        case 'results-taken':
          return record.leases.forEach(drop);
        case 'session-ended':
          present.delete(record.agent);
          return held.get(record.agent)?.clear();
        case 'stage-begun':
          openJobs.add(record.job);
          if (openJobs.size > OPEN_JOBS_MAX) report('more jobs are open than OPEN_JOBS_MAX');
          return;
        case 'job-ended':
          openJobs.delete(record.job);
          leasesOf.get(record.job)?.forEach((leases) => leases.forEach(drop));
          leasesOf.delete(record.job);
          return;
        case 'standing-told':
          if (record.pending <= UNJUDGED_PER_AGENT_MAX) return;
          report(`agent ${record.agent} has ${record.pending} results that wait for a verdict`);
      }
    },
  };
};

function rowsOf(of: {
  readonly stage: number;
  readonly start: number;
  readonly end: number;
}): string {
  return `${of.stage}/${of.start}-${of.end}`;
}
