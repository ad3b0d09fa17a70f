import type { LeaseNumber } from '../../scheduler/index.ts';
import { UNJUDGED_OUTPUTS_BYTES_MAX } from '../../domain/limits.ts';
import { RememberedOutputs } from './remembered-outputs.ts';
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
  const remembered = new RememberedOutputs();

  const remember = (write: Write): void => {
    if (write.kind !== 'outputs') return;
    const byteLength = Math.ceil(bytesOfWrites([write]) / write.outputs.length);
    for (const { lease, output } of write.outputs) {
      if (remembered.has(lease) || !isOut(lease)) continue;
      remembered.add({ lease, output, byteLength });
    }
  };

  return {
    ...store,
    async commit(writes) {
      const committed = await store.commit(writes);
      if (!committed.ok) return committed;
      // Before these events happen, and after all those committed before did: `isOut` is of then.
      writes.forEach(remember);
      remembered.shrink(bytesMax);
      return committed;
    },
    async outputs(job, leases) {
      const found = leases.map((lease) => remembered.get(lease));
      const missing = leases.filter((_, index) => found[index] === null);
      if (missing.length === 0) return found;
      const read = await store.outputs(job, missing);
      if (missing.length === leases.length) return read;
      let next = 0;
      return found.map((output) => output ?? read[next++] ?? null);
    },
    forgetOutputs(leases) {
      for (const lease of leases) remembered.forget(lease);
    },
  };
}
