import { EVIDENCE_REASON_CHARS_MAX, TASK_OUTPUT_BYTES_MAX } from '../../domain/limits.ts';
import type { BlockSource } from '../../data/index.ts';
import type { ContentId } from '../../domain/ids.ts';
import { tensorBytes, type RowRange } from '../../domain/tensor.ts';
import type { StageWork } from '../../domain/work.ts';
import { checkStructure } from '../../validation/index.ts';
import type { ReceivedResult } from '../../wire/index.ts';
import { checkTensorHeld } from '../jobs/held-tensor.ts';

type Said = ReceivedResult['result'];

/**
 * What is wrong with the structure of what was reported of a task; null where nothing is. No tensor
 * is read, so the report alone shows it.
 *
 * An agent controls all that it said.
 */
export function refuteReported(
  said: Said,
  of: { readonly work: StageWork; readonly rows: RowRange },
): string | null {
  if (said.kind === 'failed') return null;
  if (said.kind === 'malformed') return said.reason.slice(0, EVIDENCE_REASON_CHARS_MAX);
  const { output } = said;
  const structure = checkStructure({ ...of, output });
  if (!structure.ok) return structure.failure.message.slice(0, EVIDENCE_REASON_CHARS_MAX);
  const bytes = output.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  if (bytes <= TASK_OUTPUT_BYTES_MAX) return null;
  return `the output has ${bytes} bytes; at most ${TASK_OUTPUT_BYTES_MAX} may be`;
}

/** What is wrong with a result, and the block that shows it beside the report, if it takes one. */
export type Refuted = {
  readonly reason: string;
  readonly blocks: ReadonlyMap<ContentId, Uint8Array>;
};

/**
 * What is wrong with a result as anybody can be shown; null where nothing is. Besides `refuteReported`
 * it is the first blob of those in `source` that ends before its tensor does: its id is signed, and
 * one block of that id, the manifest or the only leaf, tells its length.
 */
export async function refuteShown(
  said: Said,
  of: { readonly work: StageWork; readonly rows: RowRange; readonly source: BlockSource },
): Promise<Refuted | null> {
  const reason = refuteReported(said, of);
  if (reason !== null) return { reason, blocks: new Map() };
  for (const tensor of said.kind === 'output' ? said.output : []) {
    if (tensor.source.kind !== 'blob') continue;
    const held = await checkTensorHeld(tensor, of.source);
    if (held.ok || held.failure.code !== 'shape_mismatch') continue;
    const { blob } = tensor.source;
    const block = await of.source.get(blob);
    if (block.ok) return { reason: held.failure.message, blocks: new Map([[blob, block.value]]) };
  }
  return null;
}
