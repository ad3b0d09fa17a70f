// A record with a function that counts, as tests of whoever reads records need it.
import type { AgentId } from '../../domain/ids.ts';
import { agentIdOf, type CanonicalValue, type MessageSigner } from '../../integrity/index.ts';
import { knownSigner, must, policyOf } from '../../ledger/example-log.contract.ts';
import {
  LogWriter,
  memoryLogStore,
  signEntry,
  verifyEntry,
  type EntryDraft,
  type LogStore,
  type NoteSigner,
  type Policy,
} from '../../ledger/index.ts';
import { functionIdOf } from '../function-id.ts';
import { actionDraft, LogReading, rootDraft, timeDraft } from '../log-entry.ts';
import { engine } from '../machine-driver.contract.ts';
import { openProcessor, type Processor } from '../processor.ts';

const COUNTER = `export function handle(db, action, ctx) {
  if (action === 'throw') throw new Error('as asked');
  db.set(ctx.caller, (db.get(ctx.caller) ?? 0) + action.add);
  return db.get(ctx.caller);
}`;

export const logSigner = { name: 'log.example', signer: await knownSigner(1) };
export const ann = await knownSigner(2);
export const bob = await knownSigner(3);

/** Writes a record and folds it beside, as an orchestrator does. */
export class ExampleRecord {
  readonly store: LogStore;
  readonly policy: Policy;
  readonly counter: string;
  readonly processor: Processor = openProcessor(engine);
  readonly #writer: LogWriter;
  readonly #log: NoteSigner;
  readonly #reading: LogReading;
  #anchors = 0;

  private constructor(log: NoteSigner, { writer, store }: { writer: LogWriter; store: LogStore }) {
    this.#log = log;
    this.policy = policyOf(log);
    this.#reading = new LogReading(idOf(log.signer));
    this.#writer = writer;
    this.store = store;
    this.counter = functionIdOf({ engine: engine.id, source: COUNTER, governance: null });
  }

  /** A record whose entry 0 is a time and whose entry 1 deploys the counter. */
  static async begin(store = memoryLogStore(), log = logSigner): Promise<ExampleRecord> {
    const writer = must(await LogWriter.open(log, store));
    const record = new ExampleRecord(log, { writer, store });
    await record.add(log.signer, timeDraft(1_000, record.anchor()));
    const body = { engine: engine.id, source: COUNTER, governance: null };
    await record.add(ann, actionDraft({ function: 'deploy', body, anchor: record.anchor() }));
    return record;
  }

  get size(): number {
    return this.#writer.size;
  }

  /** One that was not used before. */
  anchor(): Uint8Array {
    const anchor = new Uint8Array(32);
    new DataView(anchor.buffer).setFloat64(0, ++this.#anchors);
    return anchor;
  }

  /** Appends an entry and folds it; its index. */
  async add(signer: MessageSigner, draft: EntryDraft): Promise<number> {
    const bytes = await signEntry(signer, draft);
    const { index } = must(await this.#writer.append(bytes));
    const read = this.#reading.read(index, must(await verifyEntry(bytes)).entry);
    if (read.kind === 'action') await this.processor.apply([read.entry]);
    return index;
  }

  count(signer: MessageSigner, body: CanonicalValue = { add: 1 }): Promise<number> {
    const draft = actionDraft({ function: this.counter, body, anchor: this.anchor() });
    return this.add(signer, draft);
  }

  /** Claims the root after an entry: the one that is now, or another. */
  claim(index: number, root = this.processor.root()): Promise<number> {
    return this.add(this.#log.signer, rootDraft({ index, root }, this.anchor()));
  }

  async publish(): Promise<Uint8Array> {
    return must(await this.#writer.publish()).bytes;
  }

  close(): Promise<void> {
    this.processor.dispose();
    return this.#writer.close();
  }
}

export function idOf({ publicKey }: MessageSigner): AgentId {
  return must(agentIdOf(publicKey));
}
