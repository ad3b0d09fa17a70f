// What is said between the event loop and a thread that evaluates functions.
import type { AgentId } from '../../domain/ids.ts';

/** How a thread begins. */
export type Beginning = {
  /** Where snapshots of the state are kept. */
  readonly folder: string;
  readonly logKey: AgentId;
  /** Whether it writes snapshots: one thread of a folder does. */
  readonly isKeeper: boolean;
};

/** Where a thread goes on. */
export type Begun = {
  /** Entries that its state covers. */
  readonly size: number;
  /** sha-256 of the last of them; null where there is none. */
  readonly lastEntry: Uint8Array | null;
  /** Why a snapshot was not used; null where one was, or none is there. */
  readonly flaw: string | null;
};

/** What became of entries. */
export type Folded = {
  readonly size: number;
  /** How many of them were actions. */
  readonly actionCount: number;
  /** The first root in them that the log claimed and that this state does not have; null: none. */
  readonly difference: { readonly index: number; readonly claimedBy: number } | null;
};

/** What an entry came to, as it is told. */
export type ToldOutcome =
  /** `value` is canonical DAG-CBOR. */
  | { readonly kind: 'done'; readonly value: Uint8Array }
  | { readonly kind: 'thrown' | 'stopped' | 'refused'; readonly detail: string }
  /** No entry for a function. */
  | { readonly kind: 'other' };

/** What is said of an entry whose outcome is asked for. */
export type OutcomeAnswer =
  | ToldOutcome
  | { readonly kind: 'not-folded' }
  | { readonly kind: 'forgotten' };

/** Where in the log an answer about state belongs. */
export type Head = { readonly size: number; readonly root: Uint8Array };

export type Row = {
  readonly key: string;
  /** Canonical DAG-CBOR. */
  readonly value: Uint8Array;
};

/** What a thread does when asked, one thing at a time. */
export type FunctionsThread = {
  begin(of: Beginning): Promise<Begun>;
  /** Forgets all, its snapshot too, to fold the log from its beginning. */
  reset(): void;
  /** Folds the entries that follow, as a bundle: one array costs less on its way than many. */
  fold(bundle: Uint8Array): Promise<Folded>;
  /** What each entry of a bundle, all verified, would come to if it were next at this time. */
  tryAll(bundle: Uint8Array, atMs: number): Promise<readonly Tried[]>;
  outcomeOf(index: number): OutcomeAnswer;
  /**
   * The newest value; or as of the newest state that is claimed among the first `claimedBefore`
   * entries, where one is known.
   */
  read(
    of: { readonly function: string; readonly key: string },
    claimedBefore: number | null,
  ): {
    readonly value: Uint8Array | null;
    readonly proof: Uint8Array;
    readonly head: Head;
    /** Place of the entry that claims the head's root; null where it is not known to be claimed. */
    readonly claimedIn: number | null;
  };
  /** The rows behind a key, by the beginning of their keys. */
  list(of: {
    readonly function: string;
    readonly prefix: string;
    readonly after: string;
    readonly limit: number;
  }): { readonly rows: readonly Row[]; readonly head: Head };
  functionOf(id: string): {
    readonly code: string;
    readonly source: string;
    readonly governance: string | null;
  } | null;
  /** What is to be claimed next, and is kept for it; null as long as the last claim is in no
   * checkpoint of so many entries. */
  mark(publishedSize: number): Head | null;
  /** Writes a snapshot, where this thread does and there is something new. */
  keep(): void;
};

export type FunctionsMethod = keyof FunctionsThread;

/** What an action would come to; `reason` says why it would not run. */
export type Tried = {
  readonly kind: 'done' | 'thrown' | 'stopped' | 'refused' | 'other';
  readonly reason: string | null;
  readonly detail: string;
};

export type ToThread = {
  readonly id: number;
  readonly method: FunctionsMethod;
  readonly args: readonly unknown[];
};

export type FromThread =
  | { readonly id: number; readonly kind: 'answer'; readonly value: unknown }
  /** A bug: the thread is not to be trusted any more. */
  | { readonly id: number; readonly kind: 'broken'; readonly cause: string };
