import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FORK_PROOFS_MAX } from '../../../domain/limits.ts';
import { decodeForkProof, encodeForkProof, type ForkProof } from '../../../ledger/index.ts';
import type { Logger } from '../../logger.ts';

/** Proofs that logs forked, which are shown to whoever asks. */
export type ForkProofs = {
  /** As canonical DAG-CBOR, the first found first. */
  list(): readonly Uint8Array[];
  /** Keeps a proof that was verified. */
  keep(proof: ForkProof): Promise<void>;
};

const SUFFIX = '.fork';

/**
 * Opens the folder of proofs. One a log is enough: its key is never to be trusted again.
 *
 * A file that is no proof is passed over with a warning; one that cannot be written is still shown
 * as long as this process lives. Limits: FORK_PROOFS_MAX.
 */
export async function openForkProofs(folder: string, logger: Logger): Promise<ForkProofs> {
  const byOrigin = new Map<string, Uint8Array>();
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.endsWith(SUFFIX)).toSorted()) {
    const bytes = new Uint8Array(await readFile(join(folder, name)));
    const proof = decodeForkProof(bytes);
    if (!proof.ok) logger.warn(`${name} is no fork proof: ${proof.failure.message}`);
    else if (byOrigin.size < FORK_PROOFS_MAX) {
      byOrigin.set(proof.value.newer.checkpoint.origin, bytes);
    }
  }
  return {
    list: () => [...byOrigin.values()],
    async keep(proof) {
      const { origin } = proof.newer.checkpoint;
      if (byOrigin.has(origin) || byOrigin.size >= FORK_PROOFS_MAX) return;
      const bytes = encodeForkProof(proof);
      byOrigin.set(origin, bytes);
      logger.error('a log forked', { origin, proofs: folder });
      try {
        await mkdir(folder, { recursive: true });
        const path = join(folder, createHash('sha256').update(origin).digest('hex') + SUFFIX);
        await writeFile(`${path}.new`, bytes, { flush: true });
        await rename(`${path}.new`, path);
      } catch (cause) {
        logger.error('the proof of a fork is not kept', { origin, cause: String(cause) });
      }
    },
  };
}
