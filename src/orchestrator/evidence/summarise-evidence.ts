import { assert } from '../../domain/assert.ts';
import type { EvidenceSummary } from '../../domain/evidence.ts';
import { jobOfTask, type EvidenceId } from '../../domain/ids.ts';
import type { Evidence } from '../../validation/index.ts';

/** What a list tells of evidence. */
export function summaryOf(
  { task, rows, mode, results, accused, report, judgedAtMs }: Evidence,
  { id, byteLength }: { readonly id: EvidenceId; readonly byteLength: number },
): EvidenceSummary {
  const result = results[accused];
  assert(result?.verdict.kind === 'rejected', 'evidence is about a rejected result');
  return {
    id,
    agent: result.agent,
    job: jobOfTask(task),
    rows,
    check: mode.kind,
    reason: result.verdict.reason,
    judgedAtMs,
    byteLength,
    isSigned: report !== null,
  };
}
