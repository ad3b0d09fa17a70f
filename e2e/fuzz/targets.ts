import { assert } from '../../src/domain/assert.ts';
import {
  ENTRY_BYTES_MAX,
  FORK_PROOF_BYTES_MAX,
  NOTE_BYTES_MAX,
  POLICY_BYTES_MAX,
  RECEIPT_BYTES_MAX,
} from '../../src/domain/limits.ts';
import {
  actionDraft,
  LogReading,
  packPiece,
  payloadOf,
  unpackPiece,
} from '../../src/execution-machine/index.ts';
import {
  agentIdOf,
  decodeCanonical,
  decodeLinked,
  encodeCanonical,
  encodeLinked,
  equalBytes,
} from '../../src/integrity/index.ts';
import { entryOf, knownSigner, must, policyText } from '../../src/ledger/example-log.contract.ts';
import * as ledger from '../../src/ledger/index.ts';
import { decodeJournal, encodeJournal } from '../../src/ledger/log/journal-bytes.ts';
import { entryOfRow, rowsOfEntries } from '../../src/workloads/index.ts';
import { answerTargets } from './answer-targets.ts';
import type { Target } from './fuzz.ts';
import { stateTargets } from './state-targets.ts';
import { exact, plain } from './target-forms.ts';
import { treeTarget } from './tree-target.ts';
import { workTargets } from './work-targets.ts';

const utf8 = new TextEncoder();
const text = new TextDecoder('utf-8', { ignoreBOM: true });

/** The decoders of what strangers send to the record, with valid bytes for each. */
export async function fuzzTargets(): Promise<readonly Target[]> {
  const log: ledger.NoteSigner = { name: 'log.example', signer: await knownSigner(1) };
  const witness: ledger.NoteSigner = { name: 'w.example', signer: await knownSigner(2) };
  const owner = await knownSigner(3);
  const entries = await Promise.all([0, 1, 2].map((number) => entryOf(owner, number)));
  const [entry = new Uint8Array()] = entries;
  const action = await ledger.signEntry(
    owner,
    actionDraft({ function: 'f', body: { add: 3 }, anchor: new Uint8Array(32) }),
  );
  const shown = await published(log, entries);
  const policy = utf8.encode(policyText(log, [witness]));
  const logKey = ledger.formatVerifierKey(ledger.noteKeyOf(log));
  const reading = new LogReading(must(agentIdOf(log.signer.publicKey)));
  const piece = {
    log: ledger.noteKeyOf(log),
    first: 0,
    entries,
    checkpoint: shown.checkpoint.bytes,
  };
  const item = await packPiece(piece, owner);
  return [
    plain('archive-piece', [item.payload], unpackPiece, 65_536),
    {
      name: 'archive-item',
      seeds: [item.bytes],
      bytesMax: 65_536,
      decode: (bytes) => (payloadOf(bytes) === null ? 'no item' : 'item'),
    },
    exact('canonical', [encodeCanonical({ a: [1, -1, null], b: new Uint8Array(3) })], {
      bytesMax: 4_096,
      read: decodeCanonical,
      write: encodeCanonical,
    }),
    exact('linked', [encodeLinked({ a: [true, 'text'] })], {
      bytesMax: 4_096,
      read: decodeLinked,
      write: encodeLinked,
    }),
    exact('entry', [...entries, action], {
      bytesMax: ENTRY_BYTES_MAX + 64,
      read: ledger.decodeEntry,
      write: ({ entry: read }) => ledger.encodeEntry(read),
    }),
    {
      name: 'log-entry',
      seeds: [action],
      bytesMax: 4_096,
      decode(bytes) {
        const decoded = ledger.decodeEntry(bytes);
        return decoded.ok ? reading.read(7, decoded.value.entry).kind : 'no entry';
      },
    },
    {
      name: 'audit-row',
      seeds: [rowsOfEntries([entry]).bytes],
      bytesMax: 4_096,
      decode: (bytes) => (entryOfRow(bytes) === null ? 'no entry' : 'entry'),
    },
    {
      name: 'bundle',
      seeds: [shown.bundle],
      bytesMax: 65_536,
      decode: (bytes) => `${ledger.decodeBundle(bytes)?.length ?? 'cut short'}`,
    },
    exact('note', [shown.checkpoint.bytes, shown.promise], {
      bytesMax: NOTE_BYTES_MAX + 64,
      read: ledger.parseNote,
      write: ledger.formatNote,
    }),
    exact('checkpoint', [shown.checkpoint.bytes], {
      bytesMax: NOTE_BYTES_MAX + 64,
      read: ledger.parseCheckpoint,
      write: ({ bytes }) => bytes,
    }),
    plain('promise', [shown.promise], (bytes) =>
      ledger.verifyPromise(ledger.noteKeyOf(log), bytes),
    ),
    {
      // What a witness answers.
      name: 'signature-lines',
      seeds: [utf8.encode(text.decode(shown.checkpoint.bytes).split('\n\n')[1])],
      bytesMax: NOTE_BYTES_MAX + 64,
      decode(bytes) {
        const lines = ledger.parseSignatureLines(text.decode(bytes));
        return lines.ok ? `read${'.'.repeat(lines.value.length)}` : lines.failure.code;
      },
    },
    plain('policy', [policy], ledger.parsePolicy, POLICY_BYTES_MAX + 64),
    exact('verifier-key', [utf8.encode(logKey)], {
      bytesMax: 1_024,
      read: (bytes) => ledger.parseVerifierKey(text.decode(bytes)),
      write: (key) => utf8.encode(ledger.formatVerifierKey(key)),
      // Bytes that are no UTF-8 come as others from its decoder.
      isOneForm: (bytes) => equalBytes(utf8.encode(text.decode(bytes)), bytes),
    }),
    {
      name: 'journal',
      seeds: [encodeJournal(entries.map((one, at) => ({ index: 5 + at, entry: one })))],
      bytesMax: 4_096,
      decode(bytes) {
        const { entries: read, byteLength } = decodeJournal(bytes);
        const whole = bytes.subarray(0, byteLength);
        assert(equalBytes(encodeJournal(read), whole), 'what was read is written as it was');
        return `read${'.'.repeat(read.length)}`;
      },
    },
    {
      name: 'tile-path',
      seeds: ['tile/0/x001/x234/067.p/12', 'tile/entries/000'].map((path) => utf8.encode(path)),
      bytesMax: 200,
      decode(bytes) {
        const path = text.decode(bytes);
        const tile = ledger.parseTilePath(path);
        if (tile === null) return 'no path';
        assert(ledger.tilePath(tile) === path, 'one path a tile');
        return `tile of ${tile.level}`;
      },
    },
    exact('receipt', [shown.receipt], {
      bytesMax: RECEIPT_BYTES_MAX + 64,
      read: ledger.parseReceipt,
      write: ledger.formatReceipt,
    }),
    exact('fork-proof', [shown.forkProof], {
      bytesMax: FORK_PROOF_BYTES_MAX + 64,
      read: ledger.decodeForkProof,
      write: ledger.encodeForkProof,
    }),
    exact('add-checkpoint', [shown.request], {
      bytesMax: NOTE_BYTES_MAX + 64,
      read: ledger.parseAddCheckpoint,
      write: ledger.formatAddCheckpoint,
    }),
    await treeTarget(),
    ...stateTargets(),
    ...(await answerTargets()),
    ...(await workTargets()),
  ];
}

/** What a log with these entries shows to strangers. */
async function published(log: ledger.NoteSigner, entries: readonly Uint8Array[]) {
  const store = ledger.memoryLogStore();
  const writer = must(await ledger.LogWriter.open(log, store));
  const [first = new Uint8Array(), ...others] = entries;
  const { id, index, leaf } = must(await writer.append(first));
  const older = must(await writer.publish());
  for (const entry of others) must(await writer.append(entry));
  const newer = must(await writer.publish());
  const tree = must(await ledger.LogTree.open(store, newer.checkpoint));
  const hashes = must(await tree.inclusionProof(index));
  const grown = must(await tree.consistencyProof(1));
  const path = ledger.tilePath({ level: 'entries', index: 0, width: entries.length });
  return {
    checkpoint: newer,
    bundle: must(await store.read(path, 65_536)),
    promise: await ledger.signPromise(log, { entry: id, leaf, index, byMs: 1_790_000_000_000 }),
    receipt: ledger.formatReceipt({ entry: first, index, hashes, signed: newer }),
    // No fork, but in the form of one.
    forkProof: ledger.encodeForkProof({ older, newer, hashes: grown }),
    request: ledger.formatAddCheckpoint({ oldSize: 1, hashes: grown, signed: newer }),
  };
}
