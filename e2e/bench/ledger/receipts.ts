import { encodeCanonical, VerifyingKeys } from '../../../src/integrity/index.ts';
import {
  cosign,
  decodeCredits,
  formatNote,
  formatReceipt,
  LogTree,
  LogWriter,
  memoryLogStore,
  noteKeyOf,
  cosignerKeyOf,
  packCredits,
  parseCheckpoint,
  signEntry,
  verifyEntry,
  verifyReceipt,
  type CreditedTask,
  type Policy,
} from '../../../src/ledger/index.ts';
import { certain } from '../../network/client.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import {
  acceptedTasks,
  benchLog,
  benchSigner,
  perSecond,
  verificationsPerSecond,
} from './bench-log.ts';

const RUNS = 5;
const TASKS = 20_000;
const MILLION = 1_000_000;
/** The function and the span of the scheduler's log, as Avro. */
const TAGS_BYTES = 2 + 9 + 60 + 17 + 40;

/** Task receipts that an audit checks a second, and receipts that are checked offline. */
export async function receipts(): Promise<readonly Line[]> {
  const owner = await benchSigner();
  const tasks: CreditedTask[] = [];
  for await (const task of acceptedTasks({ count: TASKS, perReport: 8 })) tasks.push(task);
  const entries = await Promise.all(
    packCredits(tasks).map((body, at) => {
      const anchor = new Uint8Array(32).fill(at);
      return signEntry(owner, { target: null, anchor, tags: [], body });
    }),
  );
  const keys = new VerifyingKeys();
  const offline = await offlineReceipt();
  const { bytes, entryBytes } = offline;
  const audited: Run[] = [];
  const checked: Run[] = [];
  for (let run = 0; run < RUNS; run++) {
    const peer = await verificationsPerSecond();
    const ours = await perSecond(async () => {
      let count = 0;
      for (const entry of entries) {
        const { entry: verified } = certain(await verifyEntry(entry, keys));
        count += certain(decodeCredits(verified.body)).length;
      }
      return count;
    });
    audited.push({ value: ours, ours, peer });
    const alone = await perSecond(async () => {
      certain(await verifyReceipt(offline.policy, offline.bytes));
      return 1;
    });
    checked.push({ value: alone, ours: alone, peer: peer / 3 });
  }
  const shape = { suite: 'ledger', better: 'higher' } as const;
  return [
    figureOf(
      {
        ...shape,
        name: 'receipts-per-second',
        unit: 'task receipts/s',
        work: `${entries.length} entries with ${TASKS} tasks, 8 a report: signature and body; Node`,
        peer: 'Ed25519 verifications a second, WebCrypto',
        goal: '>= 50000',
      },
      audited,
    ),
    figureOf(
      {
        ...shape,
        name: 'offline-receipts-per-second',
        unit: 'receipts/s',
        work: `${offline.bytes.byteLength} bytes: entry, inclusion in 1,000, log, one witness; Node`,
        peer: 'three Ed25519 verifications, WebCrypto',
      },
      checked,
    ),
    figureOf(
      {
        ...shape,
        better: 'lower',
        name: 'receipt-bytes',
        unit: 'bytes',
        work: 'entry, inclusion in 1,000, checkpoint, one witness',
        peer: 'the entry alone',
      },
      [{ value: bytes.byteLength, ours: bytes.byteLength, peer: entryBytes }],
    ),
    figureOf(
      {
        ...shape,
        better: 'lower',
        name: 'receipt-check-us',
        unit: 'us',
        work: `${bytes.byteLength} bytes: entry, inclusion in 1,000, log, one witness; Node`,
        peer: 'three Ed25519 verifications, WebCrypto',
      },
      checked.map(({ ours, peer }) => ({ value: 1e6 / ours, ours: 1e6 / ours, peer: 1e6 / peer })),
    ),
  ];
}

/** Bytes that the log grows by with a million tasks: entries, their lengths and tree. */
export async function logSize(): Promise<readonly Line[]> {
  const alone = await bytesAlone();
  const lines: Line[] = [];
  for (const perReport of [64, 8, 1]) {
    const count = perReport === 64 ? MILLION : MILLION / 10;
    const tasks: CreditedTask[] = [];
    for await (const task of acceptedTasks({ count, perReport })) tasks.push(task);
    const bodies = packCredits(tasks);
    // Signature, owner, anchor, counts; tags; length in the bundle; leaf, and the tiles above it.
    const overhead = 148 + TAGS_BYTES + 2 + 32 * (256 / 255);
    const bytes = bodies.reduce((sum, body) => sum + body.byteLength + overhead, 0) / count;
    const mib = (perTask: number): number => (perTask * MILLION) / 2 ** 20;
    if (count === MILLION) {
      lines.push(
        figureOf(
          {
            suite: 'ledger',
            name: 'log-mib-per-million-tasks',
            unit: 'MiB',
            better: 'lower',
            work: `${perReport} a report, 1,000 agents: ${bodies.length} entries`,
            peer: 'an entry for each task',
          },
          [{ value: mib(bytes), ours: mib(bytes), peer: mib(alone) }],
        ),
      );
    }
    lines.push(
      figureOf(
        {
          suite: 'ledger',
          name: perReport === 64 ? 'log-bytes-per-task' : `log-bytes-per-task-${perReport}`,
          unit: 'bytes',
          better: 'lower',
          work: `${count} tasks, ${perReport} a report, 1,000 agents: ${bodies.length} entries`,
          peer: 'an entry for each task',
        },
        [{ value: bytes, ours: bytes, peer: alone }],
      ),
    );
  }
  return lines;
}

async function bytesAlone(): Promise<number> {
  for await (const task of acceptedTasks({ count: 1, perReport: 1 })) {
    const [body] = packCredits([task]);
    return (body?.byteLength ?? 0) + 148 + 2 + 32;
  }
  return 0;
}

/** The receipt of a small entry, from a log of 1,000 that one witness saw. */
async function offlineReceipt(): Promise<{
  readonly policy: Policy;
  readonly bytes: Uint8Array;
  readonly entryBytes: number;
}> {
  const [log, owner] = [await benchLog(), await benchSigner()];
  const witness = { name: 'witness.example', signer: await benchSigner() };
  const store = memoryLogStore();
  const writer = certain(await LogWriter.open(log, store));
  let entry = new Uint8Array();
  for (let number = 0; number < 1_000; number++) {
    const anchor = new Uint8Array(32);
    new DataView(anchor.buffer).setFloat64(0, number);
    const body = encodeCanonical({ kind: 'bench', number });
    entry = Uint8Array.from(await signEntry(owner, { target: null, anchor, tags: [], body }));
    certain(await writer.append(entry));
  }
  const { checkpoint, note } = certain(await writer.publish());
  const tree = certain(await LogTree.open(store, checkpoint));
  const line = await cosign(witness, note.text, 1_700_000_000);
  const bytes = formatNote({ ...note, signatures: [...note.signatures, line] });
  const index = 999;
  const hashes = certain(await tree.inclusionProof(index));
  return {
    entryBytes: entry.byteLength,
    bytes: formatReceipt({ entry, index, hashes, signed: certain(parseCheckpoint(bytes)) }),
    policy: {
      logs: [{ key: noteKeyOf(log), url: null }],
      witnesses: new Map([['w', { key: cosignerKeyOf(witness), url: null }]]),
      quorum: { kind: 'witness', name: 'w' },
    },
  };
}
