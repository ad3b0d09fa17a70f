import { assert } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { rowBytes, type Tensor } from '../../domain/tensor.ts';
import type { TaskRun } from '../execute.ts';
import { openOutputs } from '../output-rows.ts';
import { entryOfRow, FINDING_BYTES } from './audit-rows.ts';

type AuditEntry = typeof import('../../ledger/index.ts').auditEntry;

/** Entries between two words of progress. Count. */
const STEP_ROWS = 32;

/**
 * Audits a task's rows: whether each entry is right, and its leaf.
 *
 * A row that holds no entry is not right, and its leaf is zeros.
 * Errors: canceled, shape_mismatch, input_invalid.
 */
export async function executeAudit(run: TaskRun): Promise<Outcome<readonly Tensor[]>> {
  const rowCount = run.rows.end - run.rows.start;
  const [input] = run.work.inputs;
  const tensor = input && run.inputs.get(input.name);
  if (tensor === undefined || tensor.shape[0] !== rowCount || tensor.dtype !== 'uint8') {
    return fail(failure('shape_mismatch', `an audit takes one row of uint8 for each entry`));
  }
  const outputs = openOutputs(run.work.outputs, rowCount);
  if (!outputs.ok) return outputs;
  const [findings, ...others] = outputs.value;
  if (findings === undefined || others.length > 0) {
    return fail(failure('input_invalid', 'an audit has one output'));
  }
  // Of use to whoever audits alone.
  const { auditEntry } = await import('../../ledger/index.ts');
  const width = rowBytes(tensor);
  for (let start = 0; start < rowCount; start += STEP_ROWS) {
    if (run.signal?.aborted === true) return fail(failure('canceled', 'the task was stopped'));
    const count = Math.min(STEP_ROWS, rowCount - start);
    const bytes = new Uint8Array(count * FINDING_BYTES);
    for (let row = 0; row < count; row++) {
      const from = (start + row) * width;
      bytes.set(
        await findingOf(tensor.bytes.subarray(from, from + width), auditEntry),
        row * FINDING_BYTES,
      );
    }
    const shape = [count, FINDING_BYTES];
    const put = findings.put({ dtype: 'uint8', shape, bytes }, { start, count, shape });
    if (!put.ok) return put;
    await run.onRowsDone?.(start + count);
  }
  return succeed([findings.tensor()]);
}

async function findingOf(row: Uint8Array, auditEntry: AuditEntry): Promise<Uint8Array> {
  const finding = new Uint8Array(FINDING_BYTES);
  const entry = entryOfRow(row);
  if (entry === null) return finding;
  const { isRight, leaf } = await auditEntry(entry);
  assert(leaf.byteLength === FINDING_BYTES - 1, 'a leaf is a digest');
  finding[0] = isRight ? 1 : 0;
  finding.set(leaf, 1);
  return finding;
}
