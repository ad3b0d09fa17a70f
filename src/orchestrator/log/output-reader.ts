import type { DatabaseSync } from 'node:sqlite';
import { LEASE_INDEXES_MAX, LEASE_INDEX_REPORTS } from '../../domain/limits.ts';
import type { LeaseKey, OutputRecords } from './log-message.ts';
import { recordAt } from './packed-outputs.ts';

/** Where the outputs of a job's leases lie: found out as far as this report. */
type LeaseIndex = {
  lastReport: number;
  readonly places: Map<LeaseKey, { readonly report: number; readonly index: number }>;
};

/**
 * Reads outputs by lease.
 *
 * Where each lies is found out for a whole job once one is asked for, some reports at a time so
 * that commits go on, and is forgotten with the jobs that were not read from for longest. So writes
 * keep no index: judging finds its outputs in memory, and what is left are assembling and restarts.
 */
export function outputReader(database: DatabaseSync) {
  const leasesOf = database.prepare(
    'SELECT report, leases FROM outputs WHERE job = ? AND report > ? ORDER BY report LIMIT ?',
  );
  // Numbers of reports whose job ended are given again: to other jobs.
  const bodyOf = database.prepare('SELECT body FROM outputs WHERE report = ? AND job = ?');
  // A Map keeps insertion order: the first is the least recently read.
  const indexes = new Map<string, LeaseIndex>();

  const indexOf = async (job: string): Promise<LeaseIndex> => {
    const index = indexes.get(job) ?? { lastReport: 0, places: new Map() };
    indexes.delete(job);
    indexes.set(job, index);
    const [oldest] = indexes.keys();
    if (indexes.size > LEASE_INDEXES_MAX && oldest !== undefined) indexes.delete(oldest);
    while (extend(job, index)) await new Promise((resolve) => setImmediate(resolve));
    return index;
  };

  /** Whether there may be more. */
  const extend = (job: string, index: LeaseIndex): boolean => {
    const rows = leasesOf.all(job, index.lastReport, LEASE_INDEX_REPORTS);
    for (const row of rows) {
      const report = Number(row['report']);
      // Written as an array of leases.
      const leases = JSON.parse(String(row['leases'])) as LeaseKey[];
      for (const [at, lease] of leases.entries()) {
        // The first output reported under a lease is the one that counts.
        if (!index.places.has(lease)) index.places.set(lease, { report, index: at });
      }
      index.lastReport = report;
    }
    return rows.length === LEASE_INDEX_REPORTS;
  };

  return {
    async read(job: string, leases: readonly LeaseKey[]): Promise<OutputRecords> {
      const { places } = await indexOf(job);
      const records: (Uint8Array | null)[] = [];
      // Leases that were reported together are mostly asked for together.
      let body: Uint8Array | null = null;
      let bodyReport = 0;
      for (const lease of leases) {
        const place = places.get(lease);
        if (place !== undefined && place.report !== bodyReport) {
          bodyReport = place.report;
          const found = bodyOf.get(bodyReport, job)?.['body'];
          body = found instanceof Uint8Array ? found : null;
        }
        records.push(place === undefined || body === null ? null : recordAt(body, place.index));
      }
      return joined(records);
    },
    forget: (job: string): void => void indexes.delete(job),
  };
}

function joined(records: readonly (Uint8Array | null)[]): OutputRecords {
  const byteLengths = Int32Array.from(records, (record) => record?.byteLength ?? -1);
  const size = records.reduce((sum, record) => sum + (record?.byteLength ?? 0), 0);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const record of records) {
    if (record === null) continue;
    bytes.set(record, at);
    at += record.byteLength;
  }
  return { bytes, byteLengths };
}
