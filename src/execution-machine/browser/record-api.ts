import type { AgentId, EntryId } from '../../domain/ids.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { CanonicalValue } from '../../integrity/index.ts';
import type { Policy, TreeHead } from '../../ledger/index.ts';
import type { Supposition } from '../processor.ts';
import type { ProvenRow, RecordVerdict, VerifyProgress } from '../verify/record-check.ts';
import type { Move } from '../what-if.ts';

/** A log as a page knows it: its key, and a head that it signed and that the page trusts. */
export type KnownLog = {
  readonly logKey: AgentId;
  readonly head: TreeHead;
  /** Where its static files are: an address that ends with "/". */
  readonly files: string;
};

/** What an entry is about, for a reader. All of it may come from whoever signed the entry. */
export type EntryAbout =
  | { readonly kind: 'time'; readonly atMs: number }
  | { readonly kind: 'root'; readonly index: number; readonly root: Uint8Array }
  | {
      /** Debits take credits back. */
      readonly kind: 'credits' | 'debits';
      readonly function: string;
      readonly taskCount: number;
      readonly keyCount: number;
    }
  | { readonly kind: 'deploy'; readonly function: string | null }
  | { readonly kind: 'upgrade'; readonly function: string | null }
  /** `action`: what its body's `kind` says, where it says one. */
  | { readonly kind: 'action'; readonly function: string; readonly action: string | null }
  | { readonly kind: 'other'; readonly tags: readonly string[] };

/** An entry that was read, and held to its leaf and its owner's signature. */
export type ReadEntry = {
  readonly index: number;
  readonly id: EntryId;
  readonly owner: AgentId;
  /** The time of the log there; null where the page of entries does not say. Unix time in ms. */
  readonly atMs: number | null;
  readonly about: EntryAbout;
  readonly tags: readonly { readonly name: string; readonly value: string }[];
  /** Null where it is no plain DAG-CBOR. */
  readonly body: CanonicalValue | undefined;
  readonly byteLength: number;
};

/** What is to be verified of a record, and how thoroughly. */
export type VerifyOrder = {
  /** Where its static files are: an address that ends with "/". */
  readonly files: string;
  readonly policy: Policy;
  /** The checkpoint that was seen before; null for none. */
  readonly pinned: Uint8Array | null;
  readonly check:
    | { readonly level: 'consistency' | 'full' }
    | { readonly level: 'tile'; readonly tile: number }
    | { readonly level: 'balance'; readonly row: ProvenRow };
};

/** How far a log was read. */
export type ReadProgress = { readonly entries: number; readonly of: number };

/** Another rule for a function, and where to look for what changes place. */
export type WhatIfOrder = {
  readonly log: KnownLog;
  readonly suppose: Supposition;
  /** Of keys whose values are numbers, such as "total/". */
  readonly prefix: string;
};

/**
 * What a page has done in a worker of its own, through comlink.
 *
 * A call to a worker that was ended never settles: the page ends it to stop.
 */
export type RecordApi = {
  /** The entries of the `bundle`-th 256, in order, each verified. */
  readEntries(log: KnownLog, bundle: number): Promise<Outcome<readonly ReadEntry[]>>;
  /** Checks the record again, down to the level that is asked for. */
  verify(
    order: VerifyOrder,
    /** Null: nobody listens. */
    onProgress: ((progress: VerifyProgress) => void) | null,
  ): Promise<Outcome<RecordVerdict>>;
  /** Reads the whole log, runs it under both rules and tells who changes place. */
  whatIf(
    order: WhatIfOrder,
    onProgress: (progress: ReadProgress) => void,
  ): Promise<Outcome<readonly Move[]>>;
};
