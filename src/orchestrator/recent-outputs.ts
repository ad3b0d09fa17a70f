import type { LeaseId } from '../domain/ids.ts';
import { RECENT_OUTPUTS_BYTES_MAX, TINY_CHECK_BYTES_MAX } from '../domain/limits.ts';
import type { TaskOutput } from '../domain/work.ts';

// Of one lease:
//
//   being stored ──stored──> at hand ──room is wanted──> forgotten
//        │  └──reported again meanwhile──> the store's to tell
//        └──not stored──> forgotten
//
// The store keeps the first output under a lease. What is at hand must be that one and no other:
// so nobody keeps an output here of a lease that is known to be reported, and of one that is
// reported twice at the same time nothing is told from here.

/**
 * Tiny outputs as they were reported, at hand until they are checked and assembled: to read one
 * back from the store costs more than to check it. At most RECENT_OUTPUTS_BYTES_MAX; the oldest go
 * first.
 */
export type RecentOutputs = {
  /** Takes outputs that are being made durable, of leases of which none is so far. */
  keep(results: readonly Result[]): void;
  /** Tells what came of that: once for each `keep`. */
  settle(results: readonly Result[], stored: boolean): void;
  /** Null where the store must be asked. */
  of(lease: LeaseId): TaskOutput | null;
};

type Result = { readonly lease: LeaseId; readonly output: TaskOutput };
type Kept = { output: TaskOutput | null; storing: number; readonly bytes: number };

/** What an entry takes besides its tensors' bytes. Bytes. */
const ENTRY_BYTES = 512;

export function recentOutputs(): RecentOutputs {
  // A Map keeps the order of coming.
  const outputs = new Map<LeaseId, Kept>();
  let held = 0;

  const remove = (lease: LeaseId, kept: Kept): void => {
    outputs.delete(lease);
    held -= kept.bytes;
  };

  const makeRoom = (): void => {
    for (const [lease, kept] of outputs) {
      if (held <= RECENT_OUTPUTS_BYTES_MAX) return;
      if (kept.storing === 0) remove(lease, kept);
    }
  };

  return {
    keep(results) {
      for (const { lease, output } of results) {
        const known = outputs.get(lease);
        if (known !== undefined) {
          known.output = null;
          known.storing += 1;
          continue;
        }
        const copy = copyOf(output);
        const bytes = ENTRY_BYTES + (copy === null ? 0 : sizeOf(copy));
        outputs.set(lease, { output: copy, storing: 1, bytes });
        held += bytes;
      }
      makeRoom();
    },
    settle(results, stored) {
      for (const { lease } of results) {
        const kept = outputs.get(lease);
        if (kept === undefined) continue;
        kept.storing -= 1;
        if (kept.storing === 0 && (!stored || kept.output === null)) remove(lease, kept);
      }
    },
    of: (lease) => outputs.get(lease)?.output ?? null,
  };
}

/** Its own bytes, so that nothing holds the message that they came in; null: not tiny. */
function copyOf(output: TaskOutput): TaskOutput | null {
  if (!(sizeOf(output) <= TINY_CHECK_BYTES_MAX)) return null;
  return output.map(({ dtype, shape, source }) => {
    if (source.kind === 'blob') return { dtype, shape, source };
    return { dtype, shape, source: { kind: 'inline', bytes: new Uint8Array(source.bytes) } };
  });
}

/** Bytes held in the message; Infinity where some are in a blob. */
function sizeOf(output: TaskOutput): number {
  let bytes = 0;
  for (const { source } of output) {
    bytes += source.kind === 'inline' ? source.bytes.byteLength : Infinity;
  }
  return bytes;
}
