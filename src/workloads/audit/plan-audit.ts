import { failure } from '../../domain/failure.ts';
import type { AuditSpec } from '../../domain/job.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { rowBytes } from '../../domain/tensor.ts';
import type { JobPlan } from '../job-plan.ts';
import { cutRows } from '../row-cut.ts';
import { memoryRequirement } from '../stage-memory.ts';
import { auditMemory } from './audit-memory.ts';
import { AUDIT_ROW_BYTES_MAX, FINDING_BYTES, LENGTH_BYTES } from './audit-rows.ts';

/** One signature on a modest device. Milliseconds. */
const MS_PER_ENTRY = 0.5;
const OUTPUT = { name: 'findings', dtype: 'uint8', rowShape: [FINDING_BYTES] } as const;

/**
 * Plans an audit: one stage, cut by entries.
 *
 * Errors: input_invalid, shape_mismatch, limit_exceeded.
 */
export function planAudit(of: {
  readonly spec: AuditSpec;
  readonly rowsPerTask: number | null;
}): Outcome<JobPlan> {
  const [input, ...others] = of.spec.inputs;
  if (input === undefined || others.length > 0) {
    return fail(failure('input_invalid', 'an audit takes one tensor of entries'));
  }
  const { tensor, name } = input;
  const [rowCount = 0, width = 0] = tensor.shape;
  const isFitting =
    tensor.dtype === 'uint8' &&
    tensor.shape.length === 2 &&
    rowCount >= 1 &&
    width >= LENGTH_BYTES &&
    width <= AUDIT_ROW_BYTES_MAX;
  if (!isFitting) {
    const wanted = `uint8 [rows, ${LENGTH_BYTES} to ${AUDIT_ROW_BYTES_MAX}]`;
    const has = `${tensor.dtype} [${tensor.shape.join(', ')}]`;
    return fail(failure('shape_mismatch', `entries "${name}" are ${has}, not ${wanted}`));
  }
  const cut = cutRows({
    rowCount,
    rowsPerTask: of.rowsPerTask,
    msPerRow: MS_PER_ENTRY,
    inputBytesPerRow: rowBytes(tensor),
    outputBytesPerRow: FINDING_BYTES,
    batch: 1,
  });
  if (!cut.ok) return cut;
  const rows = cut.value.kind === 'fixed' ? cut.value.rowsPerTask : cut.value.grainRows;
  const memory = auditMemory({ inputs: [{ name, tensor, cut: 'rows' }], outputs: [OUTPUT] });
  const stage = {
    program: { kind: 'audit' },
    inputs: [{ name, cut: 'rows' }],
    outputs: [OUTPUT],
    requirement: { primitives: ['ledger.audit'], ...memoryRequirement(memory, rows) },
    rowCount,
    cut: cut.value,
    msPerRow: MS_PER_ENTRY,
  } as const;
  return succeed({
    stageCount: 1,
    stages: [stage],
    inputs: of.spec.inputs,
    outputs: [OUTPUT.name],
  });
}
