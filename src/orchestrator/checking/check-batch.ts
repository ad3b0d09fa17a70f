import {
  CHECK_BATCH_BYTES,
  CHECK_MODEL_BATCH_BYTES,
  CHECKS_PER_BATCH_MAX,
} from '../../domain/limits.ts';
import { rowBytes, tensorBytes, type RowRange } from '../../domain/tensor.ts';
import type { StageWork } from '../../domain/work.ts';

/** A task of a stage with so many results. */
type Asked = { readonly rows: RowRange; readonly results: readonly unknown[] };

/**
 * Fills a batch with tasks of one stage: each call says whether one more is checked with those
 * before it, and takes it if so. The first always is.
 */
export function checkBatch(work: StageWork): (task: Asked) => boolean {
  const bytesMax = work.program.kind === 'model' ? CHECK_MODEL_BATCH_BYTES : CHECK_BATCH_BYTES;
  let [count, bytes] = [0, 0];
  return (task) => {
    const more = bytesOf(work, task);
    if (count > 0 && (count === CHECKS_PER_BATCH_MAX || bytes + more > bytesMax)) return false;
    count += 1;
    bytes += more;
    return true;
  };
}

/** What is read to check a task: its inputs' rows, and its outputs. */
function bytesOf({ inputs, outputs }: StageWork, { rows, results }: Asked): number {
  const count = rows.end - rows.start;
  let bytes = 0;
  for (const { tensor, cut } of inputs) if (cut === 'rows') bytes += count * rowBytes(tensor);
  for (const { dtype, rowShape } of outputs) {
    bytes += results.length * count * tensorBytes({ dtype, shape: rowShape });
  }
  return bytes;
}
