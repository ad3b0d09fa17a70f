import { assert } from '../../domain/assert.ts';
import type { EvidenceSummary } from '../../domain/evidence.ts';
import { parseJobId, type EvidenceId } from '../../domain/ids.ts';
import type { Evidence } from '../../validation/index.ts';

/** What a list tells of evidence. */
export function summaryOf(
  { task, rows, mode, results, accused, report, judgedAtMs }: Evidence,
  { id, byteLength }: { readonly id: EvidenceId; readonly byteLength: number },
): EvidenceSummary {
  const result = results[accused];
  assert(result?.verdict.kind === 'rejected', 'evidence is about a rejected result');
  const job = parseJobId(task.slice(0, task.indexOf('/')));
  assert(job.ok, 'a task id begins with the id of its job');
  return {
    id,
    agent: result.agent,
    job: job.value,
    rows,
    check: mode.kind,
    reason: result.verdict.reason,
    judgedAtMs,
    byteLength,
    isSigned: report !== null,
  };
}
