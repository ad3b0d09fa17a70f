import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JobId, TaskId } from '../../domain/ids.ts';
import { CREDITS_KEYS_MAX, CREDITS_TASKS_MAX, ENTRY_BODY_BYTES_MAX } from '../../domain/limits.ts';
import { encodeCanonical, type MessageSigner } from '../../integrity/index.ts';
import { expectAnyBytesRead } from '../any-bytes.contract.ts';
import { signEntry } from '../entries/sign-entry.ts';
import {
  agentOf,
  entryOf,
  knownSigner,
  must,
  newSigner,
  policyOf,
} from '../example-log.contract.ts';
import { LogWriter } from '../log/log-writer.ts';
import { memoryLogStore } from '../log/memory-log-store.ts';
import { parseCheckpoint, signCheckpoint } from '../notes/checkpoint.ts';
import { cosign } from '../notes/cosignature.ts';
import { noteKeyOf, type NoteSigner } from '../notes/note-signing.ts';
import { formatNote } from '../notes/signed-note.ts';
import { EMPTY_ROOT, leafHash } from '../tree/hashes.ts';
import { LogTree } from '../tree/log-tree.ts';
import {
  creditedTaskId,
  decodeCredits,
  packCredits,
  packFirst,
  type CreditedTask,
} from './credits.ts';
import { signPromise, verifyPromise } from './promise.ts';
import { formatReceipt, parseReceipt, verifyReceipt } from './receipt.ts';
import { verifyTaskReceipt } from './task-receipt.ts';

let log: NoteSigner;
let witness: NoteSigner;
let owner: MessageSigner;
let tasks: CreditedTask[];

const jobOf = (number: number): JobId =>
  // 26 characters of the job id's alphabet.
  `job_${String(number).padStart(26, '0')}` as JobId;

/** Tasks of two jobs that three agents reported, so many in each report. */
async function creditedTasks(count: number, perReport: number): Promise<CreditedTask[]> {
  const agents = await Promise.all([11, 12, 13].map(agentOf));
  return Array.from({ length: count }, (_, at) => {
    const report = Math.floor(at / perReport);
    return {
      job: jobOf(report % 2),
      work: 'matmul',
      model: '',
      stage: 0,
      index: at,
      rows: { start: at * 64, count: 64 },
      agent: agents[report % agents.length] ?? agents[0]!,
      report: new Uint8Array(32).fill(report % 251),
      units: 4_096,
      checks: 3,
    };
  });
}

beforeAll(async () => {
  log = { name: 'log.example', signer: await newSigner() };
  witness = { name: 'w.example', signer: await newSigner() };
  owner = await newSigner();
  tasks = await creditedTasks(40, 8);
});

/** The receipt of an entry among 299 others. */
async function receiptOf(entry: Uint8Array, seers: readonly NoteSigner[] = [witness]) {
  const store = memoryLogStore();
  const writer = must(await LogWriter.open(log, store));
  for (let at = 0; at < 150; at++) must(await writer.append(await entryOf(owner, at)));
  const { index } = must(await writer.append(entry));
  for (let at = 150; at < 299; at++) must(await writer.append(await entryOf(owner, at)));
  const { checkpoint, note } = must(await writer.publish());
  const tree = must(await LogTree.open(store, checkpoint));
  const lines = await Promise.all(seers.map((one) => cosign(one, note.text, 1_700_000_000)));
  const bytes = formatNote({ ...note, signatures: [...note.signatures, ...lines] });
  const signed = must(parseCheckpoint(bytes));
  return formatReceipt({ entry, index, hashes: must(await tree.inclusionProof(index)), signed });
}

const creditsEntry = (body: Uint8Array): Promise<Uint8Array> =>
  signEntry(owner, { target: null, anchor: new Uint8Array(32).fill(255), tags: [], body });

describe('a receipt', { timeout: 60_000 }, () => {
  let receipt: Uint8Array;
  let taskIds: TaskId[];
  beforeAll(async () => {
    const [body = new Uint8Array()] = packCredits(tasks);
    receipt = await receiptOf(await creditsEntry(body));
    taskIds = tasks.map(creditedTaskId);
  });

  it('proves its entry from bytes alone, and each task in it', async () => {
    const policy = policyOf(log, [witness]);
    const proven = must(await verifyReceipt(policy, receipt));
    expect(proven).toMatchObject({ index: 150, trusted: { checkpoint: { size: 300 } } });
    for (const [at, id] of taskIds.entries()) {
      expect(must(await verifyTaskReceipt(policy, receipt, id)).task).toEqual(tasks[at]);
    }
    const absent = `${jobOf(0)}/0/9999` as TaskId;
    expect(await verifyTaskReceipt(policy, receipt, absent)).toMatchObject({
      failure: { code: 'proof_invalid' },
    });
  });

  it('is worth nothing to who trusts another log, or wants another witness', async () => {
    const stranger = { name: log.name, signer: await newSigner() };
    for (const policy of [policyOf(stranger), policyOf(log, [witness, stranger])]) {
      expect(await verifyReceipt(policy, receipt)).toMatchObject({
        failure: { code: 'checkpoint_untrusted' },
      });
    }
  });

  it('is worth nothing with any one line changed', async () => {
    const policy = policyOf(log, [witness]);
    const lines = new TextDecoder().decode(receipt).split('\n');
    const taken: number[] = [];
    for (const [at, line] of lines.slice(0, -1).entries()) {
      const character = line.at(-7) === 'A' ? 'B' : 'A';
      const changed = [...lines];
      changed[at] = line === '' ? 'x' : `${line.slice(0, -7)}${character}${line.slice(-6)}`;
      const bytes = new TextEncoder().encode(changed.join('\n'));
      if ((await verifyReceipt(policy, bytes)).ok) taken.push(at);
    }
    expect(taken).toEqual([]);
    expect(lines.length).toBeGreaterThan(15);
    const other = new TextDecoder().decode(receipt).replace('\nindex 150\n', '\nindex 151\n');
    expect(await verifyReceipt(policy, new TextEncoder().encode(other))).toMatchObject({
      failure: { code: 'proof_invalid' },
    });
  });

  it('of an entry that its owner did not sign proves nothing, whoever logged it', async () => {
    const entry = await entryOf(owner, 1_000);
    entry[20] = (entry[20] ?? 0) ^ 1;
    const signed = await signCheckpoint(log, { size: 1, root: await leafHash(entry) });
    const forged = formatReceipt({ entry, index: 0, hashes: [], signed });
    expect(await verifyReceipt(policyOf(log), forged)).toMatchObject({
      failure: { code: 'signature_invalid' },
    });
  });

  it('that credits nothing proves no task', async () => {
    const plain = await receiptOf(await creditsEntry(encodeCanonical({ kind: 'other' })));
    const [id] = taskIds;
    expect(await verifyTaskReceipt(policyOf(log), plain, id!)).toMatchObject({
      failure: { code: 'input_malformed' },
    });
  });

  it('of any bytes is an outcome, and formats to what was read', () => {
    expectAnyBytesRead(receipt, { read: parseReceipt, write: formatReceipt });
    expect(parseReceipt(new Uint8Array(200_000))).toMatchObject({
      failure: { code: 'limit_exceeded' },
    });
  });

  it('fits its limit with the largest entry', async () => {
    const body = encodeCanonical(new Uint8Array(ENTRY_BODY_BYTES_MAX - 3));
    const large = await receiptOf(await creditsEntry(body));
    expect((await verifyReceipt(policyOf(log), large)).ok).toBe(true);
  });
});

describe('credits', { timeout: 60_000 }, () => {
  it('come back as they were packed, in order', () => {
    const bodies = packCredits(tasks);
    expect(bodies.length).toBe(1);
    expect(bodies.flatMap((body) => must(decodeCredits(body)))).toEqual(tasks);
    expect(packCredits([])).toEqual([]);
  });

  it('of many tasks are cut into bodies that fit, each as full as can be', async () => {
    const many = await creditedTasks(10_000, 64);
    const bodies = packCredits(many);
    expect(bodies.flatMap((body) => must(decodeCredits(body)))).toEqual(many);
    for (const body of bodies) expect(body.byteLength).toBeLessThanOrEqual(ENTRY_BODY_BYTES_MAX);
    for (const body of bodies.slice(0, -1)) {
      const isFull =
        must(decodeCredits(body)).length === CREDITS_TASKS_MAX ||
        body.byteLength > ENTRY_BODY_BYTES_MAX - 400;
      expect(isFull).toBe(true);
    }
    // Far less than the 100 bytes that a task would take alone.
    const bytes = bodies.reduce((sum, body) => sum + body.byteLength, 0);
    expect(bytes / many.length).toBeLessThan(20);
  });

  it('hold the most tasks that one body may, and no more', async () => {
    const [first] = await creditedTasks(1, 1);
    const same = Array.from({ length: CREDITS_TASKS_MAX + 1 }, () => ({
      ...first!,
      index: 1,
      rows: { start: 1, count: 1 },
      units: 1,
      checks: 1,
    }));
    const bodies = packCredits(same);
    expect(bodies.map((body) => must(decodeCredits(body)).length)).toEqual([CREDITS_TASKS_MAX, 1]);
  });

  it.each([
    ['no map', () => encodeCanonical([1])],
    ['another kind', () => encodeCanonical({ ...shape(), kind: 'debits' })],
    ['a job without its work', () => encodeCanonical({ ...shape(), jobs: [[jobOf(0), '', '']] })],
    ['a job of four', () => encodeCanonical({ ...shape(), jobs: [[...namedJob(0), '']] })],
    [
      'a work that is no name',
      () => encodeCanonical({ ...shape(), jobs: [[jobOf(0), 'a b', '']] }),
    ],
    [
      'a model whose name is long',
      () => encodeCanonical({ ...shape(), jobs: [[jobOf(0), 'a', 'm'.repeat(61)]] }),
    ],
    ['another version', () => encodeCanonical({ ...shape(), v: 2 })],
    ['a further field', () => encodeCanonical({ ...shape(), more: 1 })],
    [
      'a job that is never named',
      () => encodeCanonical({ ...shape(), jobs: [namedJob(0), namedJob(1)] }),
    ],
    ['a job twice', () => encodeCanonical({ ...shape(), jobs: [namedJob(0), namedJob(0)] })],
    ['a job that is none', () => encodeCanonical({ ...shape(), jobs: [['job', 'matmul', '']] })],
    ['an agent that is none', () => encodeCanonical({ ...shape(), agents: [new Uint8Array(32)] })],
    ['no reports', () => encodeCanonical({ ...shape(), reports: [] })],
    ['a report without tasks', () => encodeCanonical({ ...shape(), reports: [report([])] })],
    [
      'one report written as two',
      () => encodeCanonical({ ...shape(), reports: [report([row()]), report([row()])] }),
    ],
    ['a place behind the list', () => encodeCanonical({ ...shape(), reports: [report([row(1)])] })],
    ['a negative number', () => encodeCanonical({ ...shape(), reports: [report([row(0, -1)])] })],
    [
      'a task with a number more',
      () => encodeCanonical({ ...shape(), reports: [report([[...row(), 1]])] }),
    ],
    [
      'too many checks',
      () => encodeCanonical({ ...shape(), reports: [report([row(0, 0, 65_536)])] }),
    ],
    [
      'a short digest',
      () => encodeCanonical({ ...shape(), reports: [[0, new Uint8Array(31), [row()]]] }),
    ],
  ])('with %s are refused', (_, make) => {
    expect(decodeCredits(make())).toMatchObject({ failure: { code: 'input_malformed' } });
    expect(decodeCredits(encodeCanonical(shape())).ok).toBe(true);
  });

  it('of any list of tasks come back, whatever their order', async () => {
    const agents = await Promise.all([11, 12, 13].map(agentOf));
    const number = fc.oneof(fc.nat(30), fc.maxSafeNat());
    const task = fc.record({
      job: fc.nat(3).map(jobOf),
      work: fc.constantFrom('matmul', 'inference'),
      model: fc.constantFrom('', 'a-model'),
      stage: fc.nat(9_999),
      index: fc.nat(999_999),
      rows: fc.record({ start: number, count: number }),
      agent: fc.constantFrom(...agents),
      report: fc.nat(2).map((fill) => new Uint8Array(32).fill(fill)),
      units: number,
      checks: fc.nat(65_535),
    });
    fc.assert(
      fc.property(fc.array(task, { minLength: 1, maxLength: 30 }), (list) => {
        const bodies = packCredits(list);
        expect(bodies.flatMap((body) => must(decodeCredits(body)))).toEqual(list);
      }),
    );
  });

  it('that are taken back are no credits', () => {
    const [debits = new Uint8Array()] = packCredits(tasks, 'debits');
    expect(must(decodeCredits(debits, 'debits'))).toEqual(tasks);
    expect(decodeCredits(debits).ok).toBe(false);
    expect(decodeCredits(packCredits(tasks)[0]!, 'debits').ok).toBe(false);
  });

  it('of more keys than one entry may name are cut between them', async () => {
    const [first] = await creditedTasks(1, 1);
    const agents = await Promise.all(
      Array.from({ length: CREDITS_KEYS_MAX + 1 }, (_, at) => agentOf(at + 1)),
    );
    const many = agents.map((agent) => ({ ...first!, agent }));
    const packed = packFirst(many, 'credits');
    expect(packed.taskCount).toBe(CREDITS_KEYS_MAX);
    expect(must(decodeCredits(packed.body))).toEqual(many.slice(0, CREDITS_KEYS_MAX));
    expect(packCredits(many)).toHaveLength(2);
  });

  it('of any bytes are an outcome, and pack to what was read', () => {
    const valid = packCredits(tasks)[0]!;
    expectAnyBytesRead(valid, {
      read: decodeCredits,
      write: (list) => packCredits(list)[0] ?? new Uint8Array(),
    });
  });
});

const row = (place = 0, index = 0, checks = 1): number[] => [place, 0, index, 0, 64, 10, checks];
const report = (rows: readonly number[][]) => [0, new Uint8Array(32).fill(1), rows] as const;
const { publicKey: agentKey } = await knownSigner(11);
const namedJob = (number: number): string[] => [jobOf(number), 'matmul', ''];
const shape = () => ({
  kind: 'credits',
  v: 1,
  jobs: [namedJob(0)] as string[][],
  agents: [agentKey],
  reports: [report([row()])] as readonly (readonly unknown[])[] as never,
});

describe('a promise', () => {
  it('says where an entry will stand, and by when, under the log’s key alone', async () => {
    const entry = await entryOf(owner, 1);
    const about = {
      entry: Buffer.from(EMPTY_ROOT).toString('base64url') as never,
      leaf: await leafHash(entry),
      byMs: 1_700_000_060_000,
    };
    for (const index of [null, 0, 77]) {
      const bytes = await signPromise(log, { ...about, index });
      expect(must(await verifyPromise(noteKeyOf(log), bytes))).toEqual({
        ...about,
        index,
        origin: log.name,
      });
      const stranger = { name: log.name, signer: await newSigner() };
      expect(await verifyPromise(noteKeyOf(stranger), bytes)).toMatchObject({
        failure: { code: 'signature_invalid' },
      });
      const text = new TextDecoder().decode(bytes);
      const later = new TextEncoder().encode(text.replace('by 17', 'by 18'));
      expect((await verifyPromise(noteKeyOf(log), later)).ok).toBe(false);
    }
  });

  it('is no checkpoint, and no checkpoint is a promise', async () => {
    const bytes = await signPromise(log, {
      entry: Buffer.from(EMPTY_ROOT).toString('base64url') as never,
      leaf: EMPTY_ROOT,
      index: 1,
      byMs: 1,
    });
    expect(parseCheckpoint(bytes)).toMatchObject({ failure: { code: 'input_malformed' } });
    const { bytes: checkpoint } = await signCheckpoint(log, { size: 0, root: EMPTY_ROOT });
    expect(await verifyPromise(noteKeyOf(log), checkpoint)).toMatchObject({
      failure: { code: 'input_malformed' },
    });
  });

  it('written in another way is refused, although the log signed it', async () => {
    const { signNote } = await import('../notes/note-signing.ts');
    const id = Buffer.from(EMPTY_ROOT).toString('base64url');
    const leaf = Buffer.from(EMPTY_ROOT).toString('base64');
    const good = `manyhands/promise/v1\norigin log.example\nentry ${id}\nleaf ${leaf}\nindex 1\nby 9\n`;
    const verdicts = await Promise.all(
      [
        good,
        good.replace('index 1', 'index 01'),
        good.replace('by 9', 'by 9.0'),
        good.replace('v1', 'v2'),
        good.replace('origin log.example', 'origin other.example'),
        good.replace('index 1', 'index -1'),
        `${good}more\n`,
      ].map(async (text) => {
        const note = formatNote({ text, signatures: [await signNote(log, text)] });
        return (await verifyPromise(noteKeyOf(log), note)).ok;
      }),
    );
    expect(verdicts).toEqual([true, false, false, false, false, false, false]);
  });
});
