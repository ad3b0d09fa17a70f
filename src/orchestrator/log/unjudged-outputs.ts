import type { LeaseNumber } from '../../scheduler/index.ts';
import { UNJUDGED_OUTPUTS_BYTES_MAX } from '../../domain/limits.ts';
import type { TaskOutput } from '../../domain/work.ts';
import type { Store, Write } from './store.ts';
import { bytesOfWrites } from './write-size.ts';

/** A store that remembers the outputs that were just written, since their check reads them next. */
export type RememberingStore = Store & {
  /** They are judged: nobody reads them before their stage is assembled. */
  forgetOutputs(leases: Iterable<LeaseNumber>): void;
};

/**
 * Remembers outputs until their verdict, the first reported under each lease, as the store does.
 *
 * `isOut` tells of a lease whether no result of it was taken yet: another output that comes when
 * the first is no more remembered must not be taken for it, or a result could be checked that is
 * not the one that is used.
 * Limits: `bytesMax`; the oldest go first, and are read back.
 */
export function rememberingStore(
  store: Store,
  options: { readonly isOut: (lease: LeaseNumber) => boolean; readonly bytesMax?: number },
): RememberingStore {
  const { isOut, bytesMax = UNJUDGED_OUTPUTS_BYTES_MAX } = options;
  // A Map keeps insertion order: the first is the oldest.
  const remembered = new Map<
    LeaseNumber,
    { readonly output: TaskOutput; readonly byteLength: number }
  >();
  let byteLength = 0;

  const forget = (lease: LeaseNumber): void => {
    byteLength -= remembered.get(lease)?.byteLength ?? 0;
    remembered.delete(lease);
  };

  const remember = (write: Write): void => {
    if (write.kind !== 'outputs') return;
    const each = bytesOfWrites([write]) / write.outputs.length;
    for (const { lease, output } of write.outputs) {
      if (remembered.has(lease) || !isOut(lease)) continue;
      remembered.set(lease, { output, byteLength: each });
      byteLength += each;
    }
  };

  const shrink = (): void => {
    for (const lease of remembered.keys()) {
      if (byteLength <= bytesMax) return;
      forget(lease);
    }
  };

  return {
    ...store,
    async commit(writes) {
      const committed = await store.commit(writes);
      if (!committed.ok) return committed;
      // Before these events happen, and after all those committed before did: `isOut` is of then.
      writes.forEach(remember);
      shrink();
      return committed;
    },
    async outputs(job, leases) {
      // Before anything is waited for: what is remembered now may be forgotten meanwhile.
      const found = leases.map((lease) => remembered.get(lease)?.output ?? null);
      const missing = leases.filter((_, index) => found[index] === null);
      if (missing.length === 0) return found;
      const read = await store.outputs(job, missing);
      let next = 0;
      return found.map((output) => output ?? read[next++] ?? null);
    },
    forgetOutputs(leases) {
      for (const lease of leases) forget(lease);
    },
  };
}
