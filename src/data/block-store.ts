import type { ContentId } from '../domain/ids.ts';
import type { Outcome } from '../domain/outcome.ts';

/** How a wait may be given up: then the outcome is "canceled". */
export type Abortable = { readonly signal?: AbortSignal | undefined };

/** Where blocks can be read. */
export type BlockSource = {
  /**
   * The bytes of a block, verified against its id. Never written to or transferred by the
   * caller: others may hold the same array.
   *
   * Errors: "block_unknown" | "bytes_mismatch" | "unavailable" | "timeout" | "canceled" |
   * "storage_failed" | "limit_exceeded".
   */
  get(id: ContentId, options?: Abortable): Promise<Outcome<Uint8Array>>;
};

/**
 * Blocks by content id. Adapters keep the facts of `block-store.contract.ts`.
 *
 * A put that failed, was cut short or lost power leaves nothing that `get` would return.
 */
export type BlockStore = BlockSource & {
  /** Whether the block is held; `get` may still find it broken. */
  has(id: ContentId): Promise<boolean>;
  /**
   * Keeps a block; the caller may reuse the array afterwards. A block already held is fine.
   *
   * Errors: "bytes_mismatch" | "limit_exceeded" | "storage_full" | "storage_failed".
   */
  put(id: ContentId, bytes: Uint8Array): Promise<Outcome<void>>;
};

/** Where blocks that a source gave are kept for a while. */
export type BlockCache = BlockSource & {
  /**
   * Keeps a verified block, and the array itself: as with what `get` gives, nobody writes to it
   * or transfers it.
   *
   * Errors: "storage_full" | "storage_failed".
   */
  keep(id: ContentId, bytes: Uint8Array): Promise<Outcome<void>>;
};

/** Where blobs can be uploaded: a `BlockStore` through `sinkOf`, or a remote. */
export type BlockSink = {
  /** Those of the ids that must be put; at most BLOCK_READS_MAX are asked for at once. */
  missing(ids: readonly ContentId[], options?: Abortable): Promise<Outcome<readonly ContentId[]>>;
  put(id: ContentId, bytes: Uint8Array, options?: Abortable): Promise<Outcome<void>>;
};

/** A store as a sink. It asks for every block: a put of a held block also repairs a broken one. */
export function sinkOf(store: BlockStore): BlockSink {
  return {
    missing: async (ids) => ({ ok: true, value: ids }),
    put: (id, bytes) => store.put(id, bytes),
  };
}
