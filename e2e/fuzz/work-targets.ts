import { isDeepStrictEqual } from 'node:util';
import { assert } from '../../src/domain/assert.ts';
import type {
  AgentId,
  ContentId,
  JobId,
  LeaseId,
  SessionId,
  TaskId,
} from '../../src/domain/ids.ts';
import { ENTRY_BODY_BYTES_MAX, LEAF_BYTES, RECEIPT_BYTES_MAX } from '../../src/domain/limits.ts';
import type { TaskReport } from '../../src/domain/report.ts';
import { PIECE_TAGS } from '../../src/execution-machine/conveyor/archive-piece.ts';
import { itemIn, pageIn, topIn } from '../../src/execution-machine/conveyor/arweave-answers.ts';
import {
  decodeManifest,
  encodeManifest,
  leafIdOf,
  manifestIdOf,
} from '../../src/integrity/index.ts';
import { agentOf, knownSigner, must, policyOf } from '../../src/ledger/example-log.contract.ts';
import * as ledger from '../../src/ledger/index.ts';
import { encodeEvidence, parseEvidence, type Evidence } from '../../src/validation/index.ts';
import * as wire from '../../src/wire/index.ts';
import { validateMessage } from '../../src/wire/validation.ts';
import type { Target } from './fuzz.ts';
import { exact, JSON_WORDS } from './target-forms.ts';

const NOW_MS = 1_700_000_000_000;
const JOB = `job_${'0'.repeat(26)}` as JobId;
const block = Uint8Array.from({ length: 16 }, (_, index) => index);

/** The decoders of what work leaves behind: reports, credits and their receipts, evidence, blobs. */
export async function workTargets(): Promise<readonly Target[]> {
  const [ann, bob] = [await agentOf(11), await agentOf(12)];
  const tasks = [ann, bob].flatMap((agent) => [0, 1].map((index) => creditedTask(agent, index)));
  const evidence = await exampleEvidence(ann);
  const digests = new Uint8Array(64);
  return [
    arweaveTarget(),
    ...(['credits', 'debits'] as const).map((kind) =>
      exact(kind, ledger.packCredits(tasks, kind), {
        bytesMax: ENTRY_BODY_BYTES_MAX + 64,
        read: (bytes) => ledger.decodeCredits(bytes, kind),
        write: (read) => ledger.packCredits(read, kind)[0] ?? new Uint8Array(),
      }),
    ),
    await taskReceiptTarget(creditedTask(bob, 2), tasks),
    exact('evidence', evidence.map(encodeEvidence), {
      bytesMax: 8_192,
      read: (bytes) => parseEvidence(bytes, { nowMs: NOW_MS }),
      write: encodeEvidence,
    }),
    exact('manifest', [encodeManifest({ byteLength: LEAF_BYTES + 1, digests })], {
      bytesMax: 4_096,
      read: async (bytes) => decodeManifest(await manifestIdOf(bytes), bytes),
      // Its id would make each answer new.
      said: (message) => message.replace(/baf\w+/, ''),
      write: encodeManifest,
    }),
    {
      name: 'report',
      seeds: [
        wire.reportToBytes({
          session: `session_${'A'.repeat(43)}` as SessionId,
          results: [reported(0), reported(1)],
        }),
      ],
      bytesMax: 4_096,
      decode(bytes) {
        const quick = wire.readQuickReport(bytes);
        const read = readReport(bytes);
        if (quick !== null) {
          assert(read.ok && isDeepStrictEqual(read.value, quick), 'both read the same');
        }
        const way = quick === null ? 'slow' : 'quick';
        return read.ok ? way : `${read.failure.code}: ${read.failure.message}`;
      },
    },
  ];
}

/** A receipt of credited tasks: whatever it proves was credited. */
async function taskReceiptTarget(
  task: ledger.CreditedTask,
  tasks: readonly ledger.CreditedTask[],
): Promise<Target> {
  const log: ledger.NoteSigner = { name: 'log.example', signer: await knownSigner(1) };
  const [body = new Uint8Array()] = ledger.packCredits([...tasks, task]);
  const anchor = new Uint8Array(32);
  const draft = { target: null, anchor, tags: [], body };
  const entry = await ledger.signEntry(log.signer, draft);
  const store = ledger.memoryLogStore();
  const writer = must(await ledger.LogWriter.open(log, store));
  const { index } = must(await writer.append(entry));
  const other = { ...draft, anchor: new Uint8Array(32).fill(1) };
  must(await writer.append(await ledger.signEntry(log.signer, other)));
  const signed = must(await writer.publish());
  const tree = must(await ledger.LogTree.open(store, signed.checkpoint));
  const hashes = must(await tree.inclusionProof(index));
  const wanted = ledger.creditedTaskId(task);
  const credited = ledger.packCredits([task]);
  return {
    name: 'task-receipt',
    seeds: [ledger.formatReceipt({ entry, index, hashes, signed })],
    bytesMax: RECEIPT_BYTES_MAX + 64,
    async decode(bytes) {
      const proven = await ledger.verifyTaskReceipt(policyOf(log), bytes, wanted);
      if (!proven.ok) return `${proven.failure.code}: ${proven.failure.message}`;
      const isCredited = isDeepStrictEqual(ledger.packCredits([proven.value.task]), credited);
      assert(isCredited, 'what is proven was credited');
      return 'proven';
    },
  };
}

function creditedTask(agent: AgentId, index: number): ledger.CreditedTask {
  return {
    ...{ job: JOB, work: 'matmul', model: '', stage: 0, index, agent },
    ...{ rows: { start: index, count: 3 }, report: new Uint8Array(32), units: 300, checks: 3 },
  };
}

/** Whatever a gateway answers, a piece that is read has an id and some entries. */
function arweaveTarget(): Target {
  const tags = [
    { name: PIECE_TAGS.first, value: '0' },
    { name: PIECE_TAGS.end, value: '256' },
  ];
  const node = { id: 'a'.repeat(43), owner: { address: 'b' }, tags };
  const transactions = { pageInfo: { hasNextPage: true }, edges: [{ cursor: 'c', node }] };
  const transaction = { id: 'a'.repeat(43), block: { height: 3 } };
  const seeds = [{ data: { transactions } }, { data: { transaction } }, { height: 7 }];
  return {
    name: 'arweave-answers',
    seeds: seeds.map((seed) => new TextEncoder().encode(JSON.stringify(seed))),
    words: JSON_WORDS,
    bytesMax: 8_192,
    decode(bytes) {
      const text = new TextDecoder().decode(bytes);
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch {
        return 'no JSON';
      }
      const { height, isSeen } = itemIn(json);
      const page = pageIn(json);
      for (const { id, first, end } of page?.pieces ?? []) {
        assert(/^[\w-]{43}$/.test(id) && first >= 0 && end > first, 'a piece has entries');
      }
      return `${height !== null} ${isSeen} ${topIn(json) !== null} ${page?.pieces.length ?? 'no'} ${page?.next !== null}`;
    },
  };
}

async function exampleEvidence(agent: AgentId): Promise<readonly Evidence[]> {
  const blob = (await leafIdOf(block)) as ContentId as ContentId<'blob'>;
  const type = { dtype: 'float32', shape: [2, 2] } as const;
  const tensor = { ...type, source: { kind: 'blob', blob, byteOffset: 0 } } as const;
  const output = [{ ...type, source: { kind: 'inline', bytes: block } }] as const;
  const reason = 'output "y": it is 1, recomputed 2';
  const lying = { agent, output, verdict: { kind: 'rejected', reason } } as const;
  const graph: Evidence = {
    task: `${JOB}/0/3` as TaskId,
    rows: { start: 0, end: 2 },
    work: {
      program: { kind: 'graph', nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }] },
      inputs: [{ name: 'x', cut: 'rows', tensor }],
      outputs: [{ name: 'y', dtype: 'float32', rowShape: [2] }],
    },
    mode: { kind: 'recompute', share: 0.3 },
    seed: [1, 2, 3, 4],
    results: [lying],
    accused: 0,
    report: {
      lease: `lease_${'0'.repeat(26)}` as LeaseId,
      bytes: block,
      signature: new Uint8Array(64),
      receivedAtMs: NOW_MS - 5,
    },
    judgedAtMs: NOW_MS,
    isWhole: true,
    blocks: new Map([[blob, block]]),
  };
  const model = { blob, byteLength: 16 };
  const inputTypes = { x: 'float32' } as const;
  return [
    graph,
    {
      ...graph,
      work: { ...graph.work, program: { kind: 'model', model, fixedBatch: 4, inputTypes } },
    },
    {
      ...graph,
      mode: { kind: 'compare' },
      results: [lying, { ...lying, verdict: { kind: 'accepted' } }],
      report: null,
    },
  ];
}

function reported(index: number): TaskReport {
  return {
    lease: `lease_${'0'.repeat(25)}${index}` as LeaseId,
    result: {
      kind: 'output',
      output: [{ dtype: 'float32', shape: [2, 2], source: { kind: 'inline', bytes: block } }],
    },
    computeMs: 5,
    backend: 'wasm',
  };
}

function readReport(bytes: Uint8Array) {
  const message = wire.reportMessageFromBytes(bytes);
  if (!message.ok) return message;
  const valid = validateMessage(wire.ReportSchema, message.value);
  return valid.ok ? wire.reportFromWire(valid.value) : valid;
}
