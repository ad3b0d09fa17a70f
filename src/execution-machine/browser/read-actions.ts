import { failure } from '../../domain/failure.ts';
import { WHAT_IF_ENTRIES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { decodeEntry, LogTree, TILE_WIDTH, type TileReader } from '../../ledger/index.ts';
import type { Entry } from '../entry.ts';
import { LogReading } from '../log-entry.ts';
import type { KnownLog, ReadProgress } from './record-api.ts';

/**
 * All actions of a log, in order, held to its root.
 *
 * Signatures are not verified again: the log does not take what is not signed, and whoever doubts
 * it verifies the log. Limits: WHAT_IF_ENTRIES_MAX entries, since they are kept in memory.
 * Errors: "limit_exceeded", "proof_invalid", and the reader's.
 */
export async function readActions(
  { head, logKey }: Omit<KnownLog, 'files'>,
  reader: TileReader,
  onProgress: (progress: ReadProgress) => void,
): Promise<Outcome<readonly Entry[]>> {
  if (head.size > WHAT_IF_ENTRIES_MAX) {
    const text = `a log of ${head.size} entries is above the ${WHAT_IF_ENTRIES_MAX} of a page`;
    return fail(failure('limit_exceeded', `${text}. Ask on the command line.`));
  }
  const tree = await LogTree.open(reader, head);
  if (!tree.ok) return tree;
  const reading = new LogReading(logKey);
  const actions: Entry[] = [];
  for (let start = 0; start < head.size; start += TILE_WIDTH) {
    const bundle = await tree.value.entries(start / TILE_WIDTH);
    if (!bundle.ok) return bundle;
    for (const [at, bytes] of bundle.value.entries()) {
      const decoded = decodeEntry(bytes);
      if (!decoded.ok) return decoded;
      const read = reading.read(start + at, decoded.value.entry);
      if (read.kind === 'action') actions.push(read.entry);
    }
    onProgress({ entries: Math.min(head.size, start + TILE_WIDTH), of: head.size });
  }
  return succeed(actions);
}
