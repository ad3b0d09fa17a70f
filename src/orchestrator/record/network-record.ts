import type { AgentId } from '../../domain/ids.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { MessageSigner } from '../../integrity/index.ts';
import type {
  Appended,
  CheckedEntry,
  EntryDraft,
  NoteSignature,
  SignedCheckpoint,
  TileReader,
  VerifierKey,
} from '../../ledger/index.ts';

/** An entry that is durable and has its place, and the log's word for it. */
export type Submitted = Appended & {
  /** A signed note: see `signPromise`. */
  readonly promise: Uint8Array;
};

/** The permanent record of this orchestrator: one log, of which it is the one writer. */
export type NetworkRecord = {
  /** Name of the log. */
  readonly origin: string;
  /** Of the log's notes. */
  readonly verifierKey: VerifierKey;
  /** Owner of the entries that the record itself writes. */
  readonly logKey: AgentId;
  /** Signs for the record; as a witness too, under the record's name. */
  readonly signer: MessageSigner;
  /** Entries that have their place, published or not. */
  size(): number;
  /** The newest, with the cosignatures gathered so far; null before the first. */
  checkpoint(): SignedCheckpoint | null;
  /**
   * Entries from an index on, published or not: at least one, at most those of one bundle; ask again
   * behind them. Asserts that there are some. Errors: "storage_failed".
   */
  entries(from: number, to: number): Promise<Outcome<readonly Uint8Array[]>>;
  /** Verifies a stranger's entry, for `take`. Errors: those of `EntryWork.check`. */
  check(entry: Uint8Array): Promise<Outcome<CheckedEntry>>;
  /**
   * Takes an entry: durable, then promised. The log tells the time before it where the clock has
   * moved by RECORD_TIME_MS. Errors: those of `LogWriter.appendChecked`.
   */
  take(entry: CheckedEntry): Promise<Outcome<Submitted>>;
  /**
   * Signs and writes the log's own entry. The same draft again gives the place that it has.
   *
   * Errors: "entry_duplicate" for another draft under an anchor used before, and as `take`.
   */
  write(draft: EntryDraft): Promise<Outcome<Appended>>;
  /** Adds a witness's verified line to the newest checkpoint, if it is still that one. */
  addCosignature(signed: SignedCheckpoint, line: NoteSignature): void;
  /** Told the size after entries became durable. */
  onGrown(listener: (size: number) => void): void;
  /** Told after a checkpoint was published, or got another cosignature. */
  onPublished(listener: (checkpoint: SignedCheckpoint) => void): void;
  /** Published tiles, and the checkpoint as `checkpoint` has it. */
  readonly files: TileReader;
  /** Publishes what is durable, and lets the folder go. */
  close(): Promise<void>;
};
