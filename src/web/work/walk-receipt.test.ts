import { expect, it } from 'vitest';
import { checkSetOf } from '../../domain/checking.ts';
import { parseJobId } from '../../domain/ids.ts';
import { actionDraft, freshAnchor } from '../../execution-machine/index.ts';
import { agentIdOf, decodeCanonical } from '../../integrity/index.ts';
import { agentOf, knownSigner, must, policyOf } from '../../ledger/example-log.contract.ts';
import {
  cosign,
  formatNote,
  formatReceipt,
  LogTree,
  LogWriter,
  memoryLogStore,
  packCredits,
  parseCheckpoint,
  signEntry,
  type CreditedTask,
  type NoteSigner,
} from '../../ledger/index.ts';
import { receiptsIn, formatReceipts } from './receipts-file.ts';
import { walkHolds, walkReceipt, type Trusted } from './walk-receipt.ts';
import { walkLines } from './walk-words.ts';

const CREDITS = 'bafyreibkmbvt2e3hvbzrwkwhu4ctyh3dlhpshcl2ywrl6k5c3w2pqn7yfu';

async function noteSigner(seed: number, name: string): Promise<NoteSigner> {
  return { name, signer: await knownSigner(seed) };
}

async function taskOf(index: number): Promise<CreditedTask> {
  return {
    job: must(parseJobId('job_01jd2n3k4m5p6q7r8s9t0v1w2x')),
    work: 'matmul',
    model: '',
    stage: 0,
    index,
    rows: { start: 0, count: 32 },
    agent: await agentOf(3),
    report: new Uint8Array(32),
    units: 4,
    checks: checkSetOf(['structure', 'freivalds-float']),
  };
}

/** A log that credits two tasks in its second entry, and the receipt of that. */
async function credited(of: { writerSeed?: number; function?: string; kind?: 'debits' } = {}) {
  const log = await noteSigner(1, 'example.org/log');
  const witness = await noteSigner(2, 'example.org/witness');
  const writer = await knownSigner(of.writerSeed ?? 1);
  const [packed = new Uint8Array()] = packCredits([await taskOf(0), await taskOf(7)], of.kind);
  const id = of.function ?? CREDITS;
  const store = memoryLogStore();
  const opened = must(await LogWriter.open(log, store));
  let entry: Uint8Array = new Uint8Array();
  for (const body of [null, must(decodeCanonical(packed))]) {
    entry = await signEntry(writer, actionDraft({ function: id, body, anchor: freshAnchor() }));
    must(await opened.append(entry));
  }
  const published = must(await opened.publish());
  const { note } = published;
  const line = await cosign(witness, note.text, 1_700_000_000);
  const cosigned = formatNote({ ...note, signatures: [...note.signatures, line] });
  const signed = must(parseCheckpoint(cosigned));
  const tree = must(await LogTree.open(store, published.checkpoint));
  const hashes = must(await tree.inclusionProof(1));
  const trusted: Trusted = {
    policy: policyOf(log, [witness]),
    logKey: must(agentIdOf(log.signer.publicKey)),
    credits: CREDITS,
  };
  return { trusted, receipt: { entry, index: 1, hashes, signed } };
}

it('walks a receipt whose every step holds', async () => {
  const { trusted, receipt } = await credited();
  const walk = must(await walkReceipt(trusted, formatReceipt(receipt)));
  expect(walk).toMatchObject({ index: 1, size: 2, isTakenBack: false });
  expect(walk.tasks.map(({ index }) => index)).toEqual([0, 7]);
  expect(walkHolds(walk)).toBe(true);
  const lines = walkLines(walk, await taskOf(7));
  expect(lines.map(({ mark }) => mark)).toEqual([
    'stated',
    'stated',
    'good',
    'good',
    'good',
    'good',
    'good',
  ]);
  expect(lines[1]?.words).toEqual([
    'shape, type and size are right',
    'products proven within rounding (Freivalds)',
  ]);
});

it('says which step does not hold', async () => {
  const marks = async (trusted: Trusted, bytes: Uint8Array) => {
    const { recorded, signed, included, checkpoint, cosigned } = must(
      await walkReceipt(trusted, bytes),
    );
    return [recorded, signed, included, checkpoint, cosigned].map(({ kind }) => kind);
  };
  const honest = await credited();
  const bytes = formatReceipt(honest.receipt);
  expect(await marks(honest.trusted, bytes)).toEqual(['good', 'good', 'good', 'good', 'good']);
  // Another index.
  const moved = formatReceipt({ ...honest.receipt, index: 0 });
  expect(await marks(honest.trusted, moved)).toEqual(['good', 'good', 'bad', 'good', 'good']);
  // A bit of the entry's body.
  const entry = honest.receipt.entry.slice();
  const at = entry.byteLength - 1;
  entry[at] = (entry[at] ?? 0) ^ 1;
  const changed = formatReceipt({ ...honest.receipt, entry });
  expect(await marks(honest.trusted, changed)).toEqual(['good', 'bad', 'bad', 'good', 'good']);
  // Written by somebody, for some function.
  const stranger = await credited({ writerSeed: 9 });
  const foreign = await marks(stranger.trusted, formatReceipt(stranger.receipt));
  expect(foreign).toEqual(['bad', 'good', 'good', 'good', 'good']);
  const other = await credited({ function: CREDITS.replace('bafyrei', 'bafyrej') });
  const misled = await marks(other.trusted, formatReceipt(other.receipt));
  expect(misled).toEqual(['bad', 'good', 'good', 'good', 'good']);
  // Of a log that nobody here trusts, and without the witness that must have seen it.
  const unknown = { ...honest.trusted, policy: { ...honest.trusted.policy, logs: [] } };
  expect(await marks(unknown, bytes)).toEqual(['good', 'good', 'good', 'bad', 'bad']);
  const { note } = honest.receipt.signed;
  const alone = formatNote({ ...note, signatures: note.signatures.slice(0, 1) });
  const unseen = { ...honest.receipt, signed: must(parseCheckpoint(alone)) };
  const lonely = await marks(honest.trusted, formatReceipt(unseen));
  expect(lonely).toEqual(['good', 'good', 'good', 'good', 'bad']);
});

it('tells credits that were taken back from credits', async () => {
  const { trusted, receipt } = await credited({ kind: 'debits' });
  const walk = must(await walkReceipt(trusted, formatReceipt(receipt)));
  expect(walk.isTakenBack).toBe(true);
  expect(walkLines(walk, await taskOf(7))[0]?.title).toContain('taken back');
});

it('opens one receipt or many, and refuses what is none', async () => {
  const { receipt } = await credited();
  const bytes = formatReceipt(receipt);
  expect(must(receiptsIn(bytes))).toEqual([bytes]);
  expect(must(receiptsIn(formatReceipts([bytes, bytes])))).toEqual([bytes, bytes]);
  for (const none of [new Uint8Array(), Uint8Array.of(0x80), Uint8Array.of(1, 2, 3)]) {
    expect(receiptsIn(none)).toMatchObject({ ok: false, failure: { code: 'input_malformed' } });
  }
  const many = formatReceipts(Array.from({ length: 513 }, () => Uint8Array.of(1)));
  expect(receiptsIn(many)).toMatchObject({ ok: false, failure: { code: 'limit_exceeded' } });
});
