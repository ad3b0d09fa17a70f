import type { AgentId } from '../../domain/ids.ts';
import { failure } from '../../domain/failure.ts';
import { ROOT_SEARCH_BUNDLES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { equalBytes } from '../../integrity/index.ts';
import { decodeEntry, TILE_WIDTH, verifyEntry, type LogTree } from '../../ledger/index.ts';
import type { RootClaim } from '../evaluate.ts';
import { LogReading } from '../log-entry.ts';

/**
 * Finds the newest entry in which the log's key claimed this root, from the end of the log back,
 * or from the end of the bundle that has the entry which is said to claim it.
 *
 * Limits: ROOT_SEARCH_BUNDLES_MAX bundles are read.
 * Errors: "proof_invalid" where none of them has it, and those of `LogTree`.
 */
export async function findClaimedRoot(
  tree: LogTree,
  of: {
    readonly log: AgentId;
    readonly root: Uint8Array;
    /** May come from an attacker; null: nobody says. */
    readonly claimedIn: number | null;
  },
): Promise<Outcome<{ readonly at: number; readonly claim: RootClaim }>> {
  const said = Math.min(of.claimedIn ?? Infinity, tree.head.size - 1);
  const last = Math.floor(said / TILE_WIDTH);
  const reading = new LogReading(of.log);
  for (let bundle = last; bundle >= 0 && bundle > last - ROOT_SEARCH_BUNDLES_MAX; bundle--) {
    const entries = await tree.entries(bundle);
    if (!entries.ok) return entries;
    for (let at = entries.value.length - 1; at >= 0; at--) {
      const bytes = entries.value[at] ?? new Uint8Array();
      const decoded = decodeEntry(bytes);
      if (!decoded.ok) continue;
      const index = bundle * TILE_WIDTH + at;
      const read = reading.read(index, decoded.value.entry);
      if (read.kind !== 'root' || !equalBytes(read.claim.root, of.root)) continue;
      const verified = await verifyEntry(bytes);
      if (verified.ok) return succeed({ at: index, claim: read.claim });
    }
  }
  const text = `the log's key claimed no such root in the ${ROOT_SEARCH_BUNDLES_MAX} bundles up to entry ${said}`;
  return fail(failure('proof_invalid', `${text}. Read the row again in a moment.`));
}
