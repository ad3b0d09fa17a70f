// What this browser holds on to of a log: its key, and the latest checkpoint that it followed.
//
//   none ── first sight ──> pinned ── larger and consistent ──> pinned
//                             │  another key than any pin has: "another log", told, not followed
//                             └─ contradicts: forked, with the proof; stays so for ever
import { succeed, type Outcome } from '../../domain/outcome.ts';
import {
  compareViews,
  decodeForkProof,
  encodeForkProof,
  parseCheckpoint,
  type SignedCheckpoint,
  type TileReader,
} from '../../ledger/index.ts';
import type { PageStore } from './page-store.ts';
import type { FoundFork } from './record-view.ts';

/** How a checkpoint stands to what this browser saw before. */
export type PinState =
  /** `since`: entries of the first checkpoint that this browser holds to. */
  | { readonly kind: 'followed'; readonly size: number; readonly isFirst: boolean }
  | { readonly kind: 'forked'; readonly fork: FoundFork }
  /** This address showed a log with another key before. */
  | { readonly kind: 'other-log'; readonly before: string };

type Kept = { readonly latest: Uint8Array; readonly fork: Uint8Array | null };

/**
 * Holds a trusted checkpoint to the pin of its log, and moves the pin on.
 *
 * `keyText` names the log. Errors: those of `compareViews`, where tiles do not let it be told;
 * then the pin stays. Rejects where the browser keeps no data.
 */
export async function followPin(
  store: PageStore,
  of: {
    readonly keyText: string;
    readonly signed: SignedCheckpoint;
    readonly tiles: TileReader;
  },
): Promise<Outcome<PinState>> {
  const { keyText, signed, tiles } = of;
  const kept = keptIn(await store.get(keyText));
  if (kept === null) {
    const [before] = await store.names();
    if (before !== undefined) return succeed({ kind: 'other-log', before });
    await store.put(keyText, keep({ latest: signed.bytes, fork: null }));
    return succeed({ kind: 'followed', size: signed.checkpoint.size, isFirst: true });
  }
  if (kept.fork !== null) {
    const fork = forkIn(kept.fork);
    if (fork.ok) return fork;
  }
  const pinned = parseCheckpoint(kept.latest);
  if (!pinned.ok) return pinned;
  const compared = await compareViews(pinned.value, signed, tiles);
  if (!compared.ok) return compared;
  if (compared.value.kind === 'forked') {
    const bytes = encodeForkProof(compared.value.proof);
    await store.put(keyText, keep({ ...kept, fork: bytes }));
    return forkIn(bytes);
  }
  const isLarger = signed.checkpoint.size > pinned.value.checkpoint.size;
  if (isLarger) await store.put(keyText, keep({ latest: signed.bytes, fork: null }));
  const size = Math.max(signed.checkpoint.size, pinned.value.checkpoint.size);
  return succeed({ kind: 'followed', size, isFirst: false });
}

/** The checkpoint that this browser holds on to of a log; null for none. */
export async function pinnedOf(store: PageStore, keyText: string): Promise<Uint8Array | null> {
  return keptIn(await store.get(keyText))?.latest ?? null;
}

/** Leaves what was held of other logs: from now on this one is followed. */
export async function followOther(store: PageStore): Promise<void> {
  for (const name of await store.names()) await store.delete(name);
}

function forkIn(bytes: Uint8Array): Outcome<PinState> {
  const proof = decodeForkProof(bytes);
  if (!proof.ok) return proof;
  const { origin } = proof.value.newer.checkpoint;
  return succeed({ kind: 'forked', fork: { origin, proof: proof.value, bytes } });
}

function keep({ latest, fork }: Kept): Kept {
  return { latest: latest.slice(), fork: fork?.slice() ?? null };
}

/** What was stored, if it has the parts of a pin: `followPin` is the only writer. */
function keptIn(stored: unknown): Kept | null {
  if (typeof stored !== 'object' || stored === null) return null;
  if (!('latest' in stored) || !(stored.latest instanceof Uint8Array)) return null;
  const fork = 'fork' in stored && stored.fork instanceof Uint8Array ? stored.fork : null;
  return { latest: stored.latest, fork };
}
