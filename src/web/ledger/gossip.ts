import { parseCheckpoint, type SignedCheckpoint } from '../../ledger/index.ts';
import { CALL_MS, ledgerClient } from './record-clients.ts';

/** Often enough to be compared, seldom enough to leave a client's rate to its entries. Milliseconds. */
const GOSSIP_MS = 60_000;

let lastAtMs = -Infinity;

/**
 * Shows a checkpoint that this browser follows, and gives what others hold of the same log.
 *
 * Nothing where it was done a moment ago, or nobody answers: gossip that fails is tried again with a
 * later checkpoint. What comes back is not verified.
 */
export async function gossip(followed: SignedCheckpoint): Promise<readonly SignedCheckpoint[]> {
  if (performance.now() - lastAtMs < GOSSIP_MS) return [];
  lastAtMs = performance.now();
  try {
    const shown = { checkpoints: [followed.bytes] };
    const { checkpoints } = await ledgerClient.gossipCheckpoints(shown, { timeoutMs: CALL_MS });
    const parsed = checkpoints.map(parseCheckpoint).filter((one) => one.ok);
    const { origin } = followed.checkpoint;
    return parsed
      .map(({ value }) => value)
      .filter(({ checkpoint }) => checkpoint.origin === origin);
  } catch {
    // It is busy or gone, which the page says by itself.
    return [];
  }
}
