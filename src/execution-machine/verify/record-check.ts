// What may be asked of a record, and what the answer says.
import type { Failure } from '../../domain/failure.ts';
import type { ForkProof, TrustedCheckpoint } from '../../ledger/index.ts';
import type { Engine } from '../engine.ts';
import type { Entry, EntryOutcome } from '../entry.ts';
import type { Processor } from '../processor.ts';
import type { RootClaim } from '../evaluate.ts';
import type { StateClaim, StateProof } from '../state-proof.ts';

/** How much is checked; each level has what the first one has. */
export type RecordCheck =
  /** The checkpoint is trusted, and the log grew out of the one that is pinned. */
  | { readonly level: 'consistency' }
  /** A row of state, such as one's own credits, leads to a root that the log's key claimed. */
  | { readonly level: 'balance'; readonly row: ProvenRow }
  /** One tile of 256 entries: each hash and signature. */
  | { readonly level: 'tile'; readonly tile: number }
  /** Each hash and signature, and all functions evaluated again against every claimed root. */
  | {
      readonly level: 'full';
      readonly engine: Engine;
      /** A new processor whose state is wanted afterwards; left out: nobody wants it. */
      readonly processor?: Processor;
      readonly onOutcome?: (entry: Entry, outcome: EntryOutcome) => void;
    };

export type VerifyLevel = RecordCheck['level'];

/** A row that somebody says is in the state, and the proof against the root that they name. */
export type ProvenRow = {
  readonly claim: StateClaim;
  readonly proof: StateProof;
  readonly root: Uint8Array;
  /** The entry that is said to claim the root; null: nobody says, and it is searched for. */
  readonly claimedIn: number | null;
};

/** What the checkpoint is beside the pinned one. */
export type View =
  | 'first' // nothing was pinned
  | 'same'
  | 'grown'
  /** Smaller than what was seen before: a copy that lags, or a log that hides what it showed. */
  | 'behind';

/** What a check came to. */
export type RecordVerdict = {
  readonly level: VerifyLevel;
  readonly trusted: TrustedCheckpoint;
  readonly view: View;
  /** Entries whose hash and signature were checked and are right. */
  readonly entryCount: number;
  /** Bytes of those. */
  readonly byteCount: number;
  /** Full level: what was evaluated. */
  readonly folded: {
    readonly actionCount: number;
    /** Claimed roots that were found to be true. */
    readonly agreedCount: number;
    readonly root: Uint8Array;
  } | null;
  /** Balance level: the row, the claim that it leads to, and where that stands. */
  readonly claimed: {
    readonly row: StateClaim;
    readonly at: number;
    readonly claim: RootClaim;
  } | null;
  /** The first thing that is not as it should be; null: all is as it should be. */
  readonly difference: RecordDifference | null;
};

/** What is not as it should be, and where. */
export type RecordDifference =
  /** The log signed two histories; the proof shows it to anybody. */
  | { readonly kind: 'forked'; readonly proof: ForkProof }
  /** This entry's bytes are not the log's ("proof_invalid"), or nobody signed them so. */
  | { readonly kind: 'entry'; readonly index: number; readonly why: Failure }
  /**
   * The log's key claimed another root than evaluation finds. The entry that differs is after
   * `afterIndex`, the last claim that was true (-1: none), and not after `index`.
   */
  | {
      readonly kind: 'root';
      readonly afterIndex: number;
      readonly index: number;
      readonly claimed: Uint8Array;
      readonly found: Uint8Array;
    }
  /** The row does not lead to a root that the log's key claimed. */
  | { readonly kind: 'row'; readonly why: Failure };

/** How far a check got. */
export type VerifyProgress = {
  readonly entryCount: number;
  /** Entries that will be checked in all. */
  readonly entriesTotal: number;
  readonly byteCount: number;
  /** Null as long as nothing can be said. */
  readonly secondsLeft: number | null;
};
