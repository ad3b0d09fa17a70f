import { taskIdOf, type EvidenceId } from '../../domain/ids.ts';
import { EVIDENCE_WAITING_MAX, QUARANTINE_REASON_CHARS_MAX } from '../../domain/limits.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { CheckRequest, LeaseNumber } from '../../scheduler/index.ts';
import type { Judgement } from '../../workloads/index.ts';
import type { CheckOrder } from '../checking/check-message.ts';
import type { CheckPool } from '../checking/check-pool.ts';
import type { Logger } from '../logger.ts';
import type { EvidenceFiles } from './evidence-files.ts';
import type { SignedReports } from './signed-reports.ts';

/** A check that rejected a result at least. */
export type Rejection = {
  readonly requested: CheckRequest;
  readonly order: CheckOrder;
  readonly judgement: Judgement<LeaseNumber>;
  readonly reports: SignedReports;
};

/** Keeps the evidence of rejected results. */
export type EvidenceBook = {
  /**
   * The judgement, in which each reason ends with the way to its evidence. Where that cannot be
   * made or kept the verdict stands alone, and a line of the log says why.
   */
  record(rejection: Rejection): Promise<Judgement<LeaseNumber>>;
};

export function evidenceBook(parts: {
  readonly pool: Pick<CheckPool, 'evidence'>;
  readonly files: EvidenceFiles;
  /** Whether the disk has room beside what the log needs. */
  readonly roomFor: (byteLength: number) => Promise<Outcome<void>>;
  readonly logger: Logger;
  readonly now: () => number;
}): EvidenceBook {
  const { pool, files, logger } = parts;
  let waiting = 0;

  const keep = async (rejection: Rejection, accused: number): Promise<Outcome<EvidenceId>> => {
    const { requested, order, judgement, reports } = rejection;
    const { job, stage, index } = requested;
    const lease = order.results[accused]?.lease;
    const made = await pool.evidence({
      kind: 'evidence',
      check: order,
      task: taskIdOf(job, { stage, index }),
      agents: requested.results.map(({ agent }) => agent),
      verdicts: judgement.verdicts.map(({ verdict }) => verdict),
      accused,
      report: lease === undefined ? null : reports.of(lease),
      judgedAtMs: Math.floor(parts.now()),
    });
    if (!made.ok) return made;
    const room = await parts.roomFor(made.value.bytes.byteLength);
    if (!room.ok) return room;
    const kept = await files.put(made.value);
    return kept.ok ? { ok: true, value: made.value.summary.id } : kept;
  };

  const idOf = async (rejection: Rejection, accused: number): Promise<EvidenceId | null> => {
    const { job, rows } = rejection.requested;
    const which = { job, rows: `${rows.start} to ${rows.end - 1}` };
    if (waiting >= EVIDENCE_WAITING_MAX) {
      logger.warn('a result was rejected without evidence: too many wait for theirs', which);
      return null;
    }
    waiting += 1;
    const kept = await keep(rejection, accused).finally(() => (waiting -= 1));
    if (kept.ok) {
      logger.info('evidence kept', { ...which, evidence: kept.value });
      return kept.value;
    }
    const { message: cause } = kept.failure;
    logger.warn('a result was rejected and its evidence is missing', { ...which, cause });
    return null;
  };

  return {
    async record(rejection) {
      const { judgement } = rejection;
      const told = await Promise.all(
        judgement.verdicts.map(async ({ lease, verdict }, index) => {
          if (verdict.kind === 'accepted') return { lease, verdict };
          const id = await idOf(rejection, index);
          if (id === null) return { lease, verdict };
          return { lease, verdict: { ...verdict, reason: withEvidence(verdict.reason, id) } };
        }),
      );
      return { ...judgement, verdicts: told };
    },
  };
}

/** A reason that ends with the way to its evidence, short enough for a quarantine to keep it. */
export function withEvidence(reason: string, id: EvidenceId): string {
  const end = `; evidence ${id}`;
  return reason.slice(0, QUARANTINE_REASON_CHARS_MAX - end.length) + end;
}
