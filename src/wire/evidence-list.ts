import type { EvidenceSummary } from '../domain/evidence.ts';
import { failure } from '../domain/failure.ts';
import { parseAgentId, parseEvidenceId, parseJobId } from '../domain/ids.ts';
import {
  EVIDENCE_BYTES_MAX,
  EVIDENCE_LISTED_MAX,
  EVIDENCE_REASON_CHARS_MAX,
} from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { collect } from './collect.ts';

/** As JSON has it: the names are those of the words. */
export type EvidenceJson = {
  readonly id: string;
  readonly agent: string;
  readonly job: string;
  readonly rows: readonly [start: number, end: number];
  readonly check: string;
  readonly reason: string;
  /** Unix time in milliseconds. */
  readonly when: number;
  readonly bytes: number;
  readonly signed: boolean;
};

/** One bundle as `GET /evidence` lists it. */
export function evidenceSummaryToJson(summary: EvidenceSummary): EvidenceJson {
  const { id, agent, job, rows, check, reason } = summary;
  return {
    id,
    agent,
    job,
    rows: [rows.start, rows.end],
    check,
    reason,
    when: summary.judgedAtMs,
    bytes: summary.byteLength,
    signed: summary.isSigned,
  };
}

/** The answer to `GET /evidence`: the newest EVIDENCE_LISTED_MAX. */
export function evidenceListToJson(newestFirst: readonly EvidenceSummary[]): {
  readonly evidence: readonly EvidenceJson[];
} {
  return { evidence: newestFirst.slice(0, EVIDENCE_LISTED_MAX).map(evidenceSummaryToJson) };
}

/** Whatever an orchestrator answered, as a list. Errors: input_malformed. */
export function evidenceListFromJson(json: unknown): Outcome<EvidenceSummary[]> {
  const items: unknown = recordOf(json)?.['evidence'];
  if (!Array.isArray(items) || items.length > EVIDENCE_LISTED_MAX) return malformed('no list');
  return collect<unknown, EvidenceSummary>(items, evidenceSummaryFromJson);
}

/** Errors: input_malformed. */
export function evidenceSummaryFromJson(json: unknown): Outcome<EvidenceSummary> {
  const record = recordOf(json);
  if (record === null) return malformed('an entry is no object');
  const text = (name: string): string => {
    const value = record[name];
    return typeof value === 'string' && value.length <= EVIDENCE_REASON_CHARS_MAX ? value : '';
  };
  const natural = (value: unknown): number | null => {
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
  };
  const id = parseEvidenceId(text('id'));
  if (!id.ok) return id;
  const agent = parseAgentId(text('agent'));
  if (!agent.ok) return agent;
  const job = parseJobId(text('job'));
  if (!job.ok) return job;
  const { rows, check } = record;
  const [start, end] = Array.isArray(rows) ? [natural(rows[0]), natural(rows[1])] : [null, null];
  const judgedAtMs = natural(record['when']);
  const byteLength = natural(record['bytes']);
  if (start === null || end === null || end <= start) return malformed('an entry has no rows');
  if (check !== 'recompute' && check !== 'compare' && check !== 'structure') {
    return malformed('an unknown check');
  }
  if (judgedAtMs === null || byteLength === null || byteLength > EVIDENCE_BYTES_MAX) {
    return malformed('an entry has no time or no size');
  }
  return succeed({
    id: id.value,
    agent: agent.value,
    job: job.value,
    rows: { start, end },
    check,
    reason: text('reason'),
    judgedAtMs,
    byteLength,
    isSigned: record['signed'] === true,
  });
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null ? { ...value } : null;
}

function malformed(detail: string): Outcome<never> {
  const text = `the list of evidence does not parse: ${detail}`;
  return fail(failure('input_malformed', `${text}. Check the address of the orchestrator.`));
}
