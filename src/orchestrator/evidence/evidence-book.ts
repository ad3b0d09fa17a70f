import { jobOfTask, taskIdOf, type EvidenceId, type JobId } from '../../domain/ids.ts';
import { EVIDENCE_WAITING_MAX, QUARANTINE_REASON_CHARS_MAX } from '../../domain/limits.ts';
import type { EvidenceSummary } from '../../domain/evidence.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { RowRange } from '../../domain/tensor.ts';
import type { CheckRequest, LeaseNumber } from '../../scheduler/index.ts';
import type { Judgement } from '../../workloads/index.ts';
import type { CheckOrder } from '../checking/check-message.ts';
import type { CheckPool } from '../checking/check-pool.ts';
import type { Logger } from '../logger.ts';
import type { EvidenceFiles } from './evidence-files.ts';
import type { MadeEvidence } from './evidence-order.ts';
import { makeStructureEvidence, type MalformedResult } from './make-structure-evidence.ts';
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
   * The judgement, in which each reason is that of its evidence, and ends with the way there. Where that cannot be
   * made or kept the verdict stands alone, and a line of the log says why. Null where this process
   * is stopping: the next one makes the check anew, and its evidence.
   */
  record(rejection: Rejection): Promise<Judgement<LeaseNumber> | null>;
  /** The same for a result whose structure is wrong: the reason, and the way to its evidence. */
  recordMalformed(result: Omit<MalformedResult, 'judgedAtMs'>): Promise<string>;
  /** Settles once nothing is being kept any more. */
  settled(): Promise<void>;
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
  const waiting = new Set<Promise<unknown>>();

  const make = async (rejection: Rejection, accused: number): Promise<Outcome<MadeEvidence>> => {
    const { requested, order, judgement, reports } = rejection;
    const { job, stage, index } = requested;
    const lease = order.results[accused]?.lease;
    return pool.evidence({
      kind: 'evidence',
      check: order,
      task: taskIdOf(job, { stage, index }),
      agents: requested.results.map(({ agent }) => agent),
      verdicts: judgement.verdicts.map(({ verdict }) => verdict),
      accused,
      report: lease === undefined ? null : reports.of(lease),
      judgedAtMs: Math.floor(parts.now()),
    });
  };

  const keep = async (made: Outcome<MadeEvidence>): Promise<Outcome<EvidenceSummary>> => {
    if (!made.ok) return made;
    const room = await parts.roomFor(made.value.bytes.byteLength);
    if (!room.ok) return room;
    const kept = await files.put(made.value);
    return kept.ok ? succeed(made.value.summary) : kept;
  };

  const reasonOf = async (
    { job, rows }: { readonly job: JobId; readonly rows: RowRange },
    makeIt: () => Promise<Outcome<MadeEvidence>>,
  ): Promise<{ readonly told: string } | 'stopping' | null> => {
    const which = { job, rows: `${rows.start} to ${rows.end - 1}` };
    if (waiting.size >= EVIDENCE_WAITING_MAX) {
      logger.warn('a result was rejected without evidence: too many wait for theirs', which);
      return null;
    }
    const keeping = makeIt().then(keep);
    waiting.add(keeping);
    const kept = await keeping.finally(() => waiting.delete(keeping));
    if (kept.ok) {
      const { id, reason } = kept.value;
      logger.info('evidence kept', { ...which, evidence: id });
      return { told: withEvidence(reason, id) };
    }
    const { code, message: cause } = kept.failure;
    if (code === 'unavailable') return 'stopping';
    logger.warn('a result was rejected and its evidence is missing', { ...which, cause });
    return null;
  };

  return {
    async record(rejection) {
      const { judgement } = rejection;
      const told = await Promise.all(
        judgement.verdicts.map(async ({ lease, verdict }, index) => {
          if (verdict.kind === 'accepted') return { lease, verdict };
          const reason = await reasonOf(rejection.requested, () => make(rejection, index));
          if (reason === 'stopping') return reason;
          if (reason === null) return { lease, verdict };
          return { lease, verdict: { ...verdict, reason: reason.told } };
        }),
      );
      const verdicts = told.filter((one) => typeof one !== 'string');
      return verdicts.length < told.length ? null : { ...judgement, verdicts };
    },
    async recordMalformed(result) {
      const { task, rows } = result;
      const judgedAtMs = Math.floor(parts.now());
      const which = { job: jobOfTask(task), rows };
      const reason = await reasonOf(which, () => makeStructureEvidence({ ...result, judgedAtMs }));
      return reason === null || reason === 'stopping' ? result.reason : reason.told;
    },
    async settled() {
      await Promise.allSettled(waiting);
    },
  };
}

/** A reason that ends with the way to its evidence, short enough for a quarantine to keep it. */
export function withEvidence(reason: string, id: EvidenceId): string {
  const end = `; evidence ${id}`;
  return reason.slice(0, QUARANTINE_REASON_CHARS_MAX - end.length) + end;
}
