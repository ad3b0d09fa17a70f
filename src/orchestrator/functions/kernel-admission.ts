// The kernels of this software in the network's registry: proposed in the operator's name, and
// admitted by the registry's steward, which is the log's own key. Each build once.
import { succeed, type Outcome } from '../../domain/outcome.ts';
import { actionDraft } from '../../execution-machine/index.ts';
import { encodeCanonical, messageSignerOf, type SigningKey } from '../../integrity/index.ts';
import { sha256 } from '../../ledger/hashing.ts';
import { ownEntry, signEntry } from '../../ledger/index.ts';
import type { NetworkRecord } from '../record/network-record.ts';
import type { RecordFunctions } from './record-functions.ts';

/** Whether a build of kernels is one that this network governs. */
export type KernelAdmission = {
  /** Errors: "unavailable" while functions are being evaluated. */
  isAdmitted(build: string): Promise<Outcome<boolean>>;
};

/**
 * Has a build admitted, unless it was before; whoever withdraws it has the last word.
 *
 * `build` is the content id of the kernels. Errors: those of the record.
 */
export async function admitKernels(of: {
  readonly record: Pick<NetworkRecord, 'take' | 'write'>;
  readonly functions: Pick<RecordFunctions, 'network' | 'outcomeOf' | 'read'>;
  readonly operator: SigningKey;
  readonly build: string;
}): Promise<Outcome<KernelAdmission>> {
  const { record, functions, operator, build } = of;
  const { id: registry } = functions.network.registry;
  const action = (kind: string, fields: { readonly [name: string]: string | readonly string[] }) =>
    actionDraft({
      function: registry,
      body: { kind, id: build, ...fields },
      anchor: sha256(encodeCanonical([kind, build])),
    });
  const item = { type: 'kernel', name: 'Manyhands kernels', licence: 'Apache-2.0', parts: [] };
  const proposal = await signEntry(messageSignerOf(operator), action('propose', item));
  const own = await ownEntry(proposal);
  if (!own.ok) return own;
  const proposed = await record.take(own.value);
  // Other software may have proposed this build in other words.
  if (!proposed.ok && proposed.failure.code !== 'entry_duplicate') return proposed;
  const admitted = await record.write(action('admit', {}));
  if (!admitted.ok) return admitted;
  const { index } = admitted.value;
  let isFolded = false;
  return succeed({
    async isAdmitted(asked) {
      if (!isFolded) {
        const known = await functions.outcomeOf(index);
        if (!known.ok && known.failure.code === 'unavailable') return known;
        isFolded = true;
      }
      const key = `admitted/kernel/${asked}`;
      const read = await functions.read({ function: registry, key, asOf: 'newest' });
      return read.ok ? succeed(read.value.value !== null) : read;
    },
  });
}
