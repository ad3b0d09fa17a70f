import type { JobId } from '../../domain/ids.ts';
import {
  LEASE_INDEX_REPORTS,
  LEASE_INDEXES_MAX,
  REPORTS_PER_READ_MAX,
} from '../../domain/limits.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { TaskOutput } from '../../domain/work.ts';
import type { LeaseKey } from '../log/log-message.ts';
import { outputFromRecord, recordAt } from '../log/packed-outputs.ts';
import type { Database } from './database.ts';

/** What tasks put out, by the stream that they were reported to. */
export type StreamOutputs = {
  /** Outputs of a job by their leases, in that order; null where none is kept. */
  read(
    of: { readonly stream: number; readonly job: JobId },
    leases: readonly LeaseKey[],
  ): Promise<Outcome<readonly (TaskOutput | null)[]>>;
};

type Place = { readonly report: number; readonly index: number };

/** Where the outputs of a job's leases lie: found out as far as this report. */
type LeaseIndex = { lastReport: number; readonly places: Map<LeaseKey, Place> };

/**
 * Reads outputs of any stream.
 *
 * Where each lies is found out for a whole job once one is asked for, and is forgotten with those
 * that were not read from for longest: judging finds its outputs in memory, and what is left are
 * assembling and taking over.
 */
export function streamOutputs(database: Database): StreamOutputs {
  // A Map keeps insertion order: the first is the least recently read.
  const indexes = new Map<string, LeaseIndex>();

  const indexOf = async (stream: number, job: JobId): Promise<Outcome<LeaseIndex>> => {
    const key = `${stream} ${job}`;
    const index = indexes.get(key) ?? { lastReport: -1, places: new Map() };
    indexes.delete(key);
    indexes.set(key, index);
    const [oldest] = indexes.keys();
    if (indexes.size > LEASE_INDEXES_MAX && oldest !== undefined) indexes.delete(oldest);
    for (;;) {
      const rows = await database.read<{ report: number; leases: string }>(
        `SELECT report, leases FROM reports WHERE stream = $1 AND job = $2 AND report > $3
         ORDER BY report LIMIT $4`,
        [stream, job, index.lastReport, LEASE_INDEX_REPORTS],
      );
      if (!rows.ok) return rows;
      rows.value.forEach((row) => note(index, row));
      if (rows.value.length < LEASE_INDEX_REPORTS) return succeed(index);
    }
  };

  const bodiesOf = (stream: number, reports: readonly number[]) =>
    database.read<{ report: number; body: Uint8Array }>(
      'SELECT report, body FROM reports WHERE stream = $1 AND report = ANY ($2)',
      [stream, reports],
    );

  return {
    async read({ stream, job }, leases) {
      const index = await indexOf(stream, job);
      if (!index.ok) return index;
      const outputs = new Map<LeaseKey, TaskOutput>();
      const wanted = placesByReport(index.value, leases);
      const reports = [...wanted.keys()];
      for (let at = 0; at < reports.length; at += REPORTS_PER_READ_MAX) {
        const bodies = await bodiesOf(stream, reports.slice(at, at + REPORTS_PER_READ_MAX));
        if (!bodies.ok) return bodies;
        for (const { report, body } of bodies.value) {
          for (const { lease, index: place } of wanted.get(report) ?? []) {
            outputs.set(lease, outputFromRecord(recordAt(body, place)));
          }
        }
      }
      return succeed(leases.map((lease) => outputs.get(lease) ?? null));
    },
  };
}

function note(index: LeaseIndex, row: { readonly report: number; readonly leases: string }): void {
  // Written as an array of leases.
  const leases = JSON.parse(row.leases) as LeaseKey[];
  for (const [at, lease] of leases.entries()) {
    // The first output reported under a lease is the one that counts.
    if (!index.places.has(lease)) index.places.set(lease, { report: row.report, index: at });
  }
  index.lastReport = Math.max(index.lastReport, row.report);
}

/** Leases that were reported together are read together. */
function placesByReport(
  { places }: LeaseIndex,
  leases: readonly LeaseKey[],
): ReadonlyMap<number, readonly { lease: LeaseKey; index: number }[]> {
  const byReport = new Map<number, { lease: LeaseKey; index: number }[]>();
  for (const lease of leases) {
    const place = places.get(lease);
    if (place === undefined) continue;
    const others = byReport.get(place.report) ?? [];
    others.push({ lease, index: place.index });
    byReport.set(place.report, others);
  }
  return byReport;
}
