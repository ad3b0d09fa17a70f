import type { MakeChecker } from './checker.ts';

/** What was acknowledged is there after any crash: jobs, results, and every event taken in. */
export const nothingLost: MakeChecker = (report) => {
  const jobOfKey = new Map<string, string>();
  const received = new Set<string>();
  const ended = new Map<string, string>();
  let lastEvent = 0;
  return {
    see(record) {
      switch (record.kind) {
        case 'stepped':
          lastEvent = record.number;
          return;
        case 'orchestrator-began':
          if (record.eventCount < lastEvent) {
            const lost = lastEvent - record.eventCount;
            report(`the store came back without the last ${lost} events that were acted upon`);
          }
          return;
        case 'job-acknowledged': {
          const former = jobOfKey.get(record.key);
          if (former !== undefined && former !== record.job) {
            report(`"${record.key}" was acknowledged as ${former} and then as ${record.job}`);
          }
          jobOfKey.set(record.key, record.job);
          return;
        }
        case 'job-missing':
          return report(`acknowledged ${record.job} is missing: ${record.reason}`);
        case 'job-seen': {
          const before = ended.get(record.job);
          if (before !== undefined && before !== record.state) {
            report(`${record.job} was ${before} and is ${record.state} again`);
          }
          const isOver = record.state !== 'queued' && record.state !== 'running';
          if (isOver) ended.set(record.job, record.state);
          return;
        }
        case 'results-acknowledged':
          for (const [index, lease] of record.leases.entries()) {
            const status = record.statuses[index] ?? '';
            const known = received.has(lease);
            if (known && (status === 'received' || status === 'foreign')) {
              report(`the result of ${lease} was received, and then was "${status}"`);
            }
            if (status === 'received') received.add(lease);
          }
      }
    },
  };
};
