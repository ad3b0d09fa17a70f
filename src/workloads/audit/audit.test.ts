import { beforeAll, describe, expect, it } from 'vitest';
import { randomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { encodeCanonical, generateSigningKey, messageSignerOf } from '../../integrity/index.ts';
import { leafHash, signEntry } from '../../ledger/index.ts';
import { checkByCompare, checkByRecompute, type CheckedTask } from '../check.ts';
import { checkManyByRecompute } from '../check-many.ts';
import { CHECKING, MemoryTensors, runJob, runTask, valueOf } from '../run-job.contract.ts';
import type { PlannedStage } from '../workload.ts';
import { entryOfRow, FINDING_BYTES, rowsOfEntries } from './audit-rows.ts';
import { planAudit } from './plan-audit.ts';

const COUNT = 40;
/** The one whose signature is another's. */
const FORGED = 7;
/** The one that is no entry at all. */
const GARBAGE = 11;

let entries: Uint8Array[];

beforeAll(async () => {
  const signer = messageSignerOf(valueOf(await generateSigningKey({ extractable: false })));
  entries = await Promise.all(
    Array.from({ length: COUNT }, (_, at) => {
      const anchor = new Uint8Array(32).fill(at);
      const body = encodeCanonical({ text: 'x'.repeat(at * 10) });
      return signEntry(signer, { target: null, anchor, tags: [], body });
    }),
  );
  const forged = entries[FORGED];
  if (forged !== undefined) forged[10] = (forged[10] ?? 0) ^ 1;
  entries[GARBAGE] = new Uint8Array([1, 2, 3]);
});

describe('an audit', () => {
  it.each([1, 9, null])(
    'tells which entries are right, and their leaves, in tasks of %s',
    async (rowsPerTask) => {
      const { outputs } = await auditJob(rowsPerTask);
      const findings = outputs.get('findings');
      expect(findings).toMatchObject({ dtype: 'uint8', shape: [COUNT, FINDING_BYTES] });
      for (const [row, entry] of entries.entries()) {
        const finding = rowOf(findings, row);
        expect(finding[0], `entry ${row}`).toBe(row === FORGED || row === GARBAGE ? 0 : 1);
        expect(finding.subarray(1)).toEqual(await leafHash(entry));
      }
    },
  );

  it('has rows of entries of any length, and no others', () => {
    const { shape, bytes } = rowsOfEntries(entries);
    const rows = entries.map((_, row) => bytes.slice(row * shape[1], (row + 1) * shape[1]));
    expect(rows.map(entryOfRow)).toEqual(entries);
    const [first = new Uint8Array()] = rows;
    // Behind the entry, and beyond the row.
    expect(entryOfRow(first.with(shape[1] - 1, 1))).toBeNull();
    expect(entryOfRow(first.with(0, 255))).toBeNull();
    expect(entryOfRow(new Uint8Array(1))).toBeNull();
  });

  it.each([
    { dtype: 'float32', shape: [2, 300] },
    { dtype: 'uint8', shape: [600] },
    { dtype: 'uint8', shape: [0, 300] },
    { dtype: 'uint8', shape: [2, 1] },
    { dtype: 'uint8', shape: [2, 70_000] },
  ] as const)('is not planned over $dtype $shape', ({ dtype, shape }) => {
    const source = { kind: 'inline', bytes: new Uint8Array() } as const;
    const inputs = [{ name: 'entries', tensor: { dtype, shape, source } }];
    const plan = planAudit({ spec: { kind: 'audit', inputs }, rowsPerTask: null });
    expect(plan).toMatchObject({ failure: { code: 'shape_mismatch' } });
  });
});

describe('a check of audits', () => {
  it('accepts an honest one, wholly, in part and beside another', async () => {
    const task = await reportedTask([(output) => output, (output) => output]);
    const [one] = task.results;
    if (one === undefined) throw new Error('no result');
    for (const share of [1, 0.1]) {
      const judged = valueOf(await checkByRecompute({ ...task, results: [one], share }));
      expect(judged).toMatchObject({
        accepted: 0,
        checks: expect.arrayContaining(['recompute-rows']),
      });
    }
    expect(valueOf(await checkByCompare(task))).toMatchObject({ accepted: 0 });
    const tasks = [{ ...task, results: [one], share: 1, random: () => task.random }];
    const many = await checkManyByRecompute({ ...task, tasks, rowsMax: 1_000 });
    expect(valueOf(many)).toMatchObject([{ accepted: 0 }]);
  });

  it('rejects one that calls a forged entry right, and one with another leaf', async () => {
    const lies = [FORGED * FINDING_BYTES, 3 * FINDING_BYTES + 20];
    for (const at of lies) {
      const task = await reportedTask([(bytes) => bytes.with(at, (bytes[at] ?? 0) ^ 1)]);
      const judged = valueOf(await checkByRecompute({ ...task, share: 1 }));
      expect(judged.verdicts[0]?.verdict).toMatchObject({ kind: 'rejected' });
    }
  });

  it('finds who is right of two that disagree', async () => {
    const lie = (bytes: Uint8Array) => bytes.with(0, 0);
    const task = await reportedTask([lie, (output) => output]);
    expect(valueOf(await checkByCompare(task))).toMatchObject({ accepted: 1 });
  });
});

function auditJob(rowsPerTask: number | null, store = new MemoryTensors()) {
  const { shape, bytes } = rowsOfEntries(entries);
  const tensor = store.put({ dtype: 'uint8', shape, bytes });
  const workload = { kind: 'audit', inputs: [{ name: 'entries', tensor }] } as const;
  return runJob({ store, workload, rowsPerTask });
}

/** The whole job as one task, with a result for each way of changing an honest one. */
async function reportedTask(
  changes: readonly ((bytes: Uint8Array) => Uint8Array)[],
): Promise<CheckedTask<number>> {
  const store = new MemoryTensors();
  const { stages } = await auditJob(COUNT, store);
  // A job of one stage.
  const stage = stages[0] as PlannedStage;
  const rows = { start: 0, end: COUNT };
  const [honest] = await runTask({ store }, { stage, rows });
  if (honest === undefined) throw new Error('no output');
  const { dtype, shape, bytes } = valueOf(await store.read(honest));
  const results = changes.map((change, lease) => {
    return { lease, output: [store.put({ dtype, shape, bytes: change(bytes) })] };
  });
  const random = randomStream(1, 'audit');
  const { work } = stage;
  return { work, rows, results, read: store.read, session: null, random, ...CHECKING };
}

function rowOf(findings: Tensor | undefined, row: number): Uint8Array {
  if (findings === undefined) throw new Error('no findings');
  return findings.bytes.subarray(row * FINDING_BYTES, (row + 1) * FINDING_BYTES);
}
