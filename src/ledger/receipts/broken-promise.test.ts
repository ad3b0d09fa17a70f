import { describe, expect, it } from 'vitest';
import { expectAnyBytesRead } from '../any-bytes.contract.ts';
import { entryIdOf } from '../entries/entry.ts';
import { decodeEntry } from '../entries/entry-bytes.ts';
import { entryOf, must, newSigner, policyOf } from '../example-log.contract.ts';
import { LogWriter } from '../log/log-writer.ts';
import { memoryLogStore } from '../log/memory-log-store.ts';
import { cosign } from '../notes/cosignature.ts';
import { noteKeyOf } from '../notes/note-signing.ts';
import { trustCheckpoint, type Policy } from '../notes/policy.ts';
import { formatNote } from '../notes/signed-note.ts';
import { leafHash } from '../tree/hashes.ts';
import { LogTree } from '../tree/log-tree.ts';
import {
  decodeBrokenPromise,
  encodeBrokenPromise,
  provesBroken,
  stateOfPromise,
  type BrokenPromise,
} from './broken-promise.ts';
import { signPromise, verifyPromise } from './promise.ts';

const log = { name: 'log.example', signer: await newSigner() };
const witness = { name: 'witness.example', signer: await newSigner() };
const owner = await newSigner();
const plain = policyOf(log);
const witnessed = policyOf(log, [witness], 1);
const DUE_MS = 1_700_000_000_000;

/** Entries that the log published; its checkpoint is cosigned at a time, where one is named. */
async function published(numbers: readonly number[], cosignedAtMs: number | null = null) {
  const store = memoryLogStore();
  const writer = must(await LogWriter.open(log, store));
  for (const number of numbers) must(await writer.append(await entryOf(owner, number)));
  const { note, checkpoint } = must(await writer.publish());
  const seconds = cosignedAtMs === null ? [] : [Math.floor(cosignedAtMs / 1_000)];
  const lines = await Promise.all(seconds.map((at) => cosign(witness, note.text, at)));
  const bytes = formatNote({ ...note, signatures: [...note.signatures, ...lines] });
  return { bytes, tree: must(await LogTree.open(store, checkpoint)) };
}

/** The log's promise of the entry with this number. */
async function promised(number: number, index: number | null, by = log) {
  const entry = await entryOf(owner, number);
  const id = await entryIdOf(must(decodeEntry(entry)).entry);
  const about = { entry: id, leaf: await leafHash(entry), index, byMs: DUE_MS };
  const bytes = await signPromise(by, about);
  return { bytes, promise: must(await verifyPromise(noteKeyOf(by), bytes)) };
}

type Shown = Awaited<ReturnType<typeof published>>;

async function stateOf(
  promise: Awaited<ReturnType<typeof promised>>,
  { bytes, tree }: Shown,
  { policy = plain, nowMs = DUE_MS }: { readonly policy?: Policy; readonly nowMs?: number } = {},
) {
  const trusted = must(await trustCheckpoint(policy, bytes));
  return must(await stateOfPromise(promise, { trusted, tree, nowMs }));
}

/** A proof that another entry stands where one was promised. */
async function proofOf(): Promise<BrokenPromise> {
  const state = await stateOf(await promised(2, 1), await published([1, 3, 4, 5]));
  if (state.kind !== 'broken') throw new Error(state.kind);
  return state.proof;
}

describe('a promise beside a checkpoint', () => {
  it('is kept where its entry stands, whenever that is looked at', async () => {
    const state = await stateOf(await promised(2, 1), await published([1, 2, 3]), {
      nowMs: DUE_MS + 1,
    });
    expect(state).toEqual({ kind: 'kept' });
  });

  it('waits until its time, and is overdue then', async () => {
    const [promise, shown] = [await promised(2, 1), await published([1])];
    expect(await stateOf(promise, shown)).toEqual({ kind: 'waiting' });
    expect(await stateOf(promise, shown, { nowMs: DUE_MS + 1 })).toEqual({ kind: 'overdue' });
    expect(await stateOf(await promised(2, null), shown, { nowMs: DUE_MS + 1 })).toEqual({
      kind: 'waiting',
    });
  });

  it('is broken where another entry stands, which anybody sees from bytes alone', async () => {
    const proof = must(decodeBrokenPromise(encodeBrokenPromise(await proofOf())));
    expect(must(await provesBroken(plain, proof))).toMatchObject({ index: 1, byMs: DUE_MS });
  });

  it('is broken where a witness saw a log without it after its time', async () => {
    const promise = await promised(2, 1);
    const policy = witnessed;
    const inTime = await stateOf(promise, await published([1], DUE_MS), { policy });
    expect(inTime).toEqual({ kind: 'waiting' });
    const late = await stateOf(promise, await published([1], DUE_MS + 1_000), { policy });
    const proof = late.kind === 'broken' ? late.proof : await proofOf();
    expect(late).toMatchObject({ kind: 'broken', proof: { instead: null } });
    const again = must(decodeBrokenPromise(encodeBrokenPromise(proof)));
    expect((await provesBroken(policy, again)).ok).toBe(true);
    // Who knows no witness has nobody's word for the time.
    expect(await provesBroken(plain, again)).toMatchObject({ failure: { code: 'proof_invalid' } });
  });
});

describe('a proof of a broken promise', () => {
  it('accuses nobody wrongly', async () => {
    const proof = await proofOf();
    const kept = await published([1, 2, 4, 6]);
    const leaf = await leafHash(await entryOf(owner, 2));
    const inclusion = must(await kept.tree.inclusionProof(1));
    const stranger = { name: log.name, signer: await newSigner() };
    const late = (await published([1], DUE_MS)).bytes;
    const wrong: readonly BrokenPromise[] = [
      // The entry that was promised, where it was promised.
      { ...proof, checkpoint: kept.bytes, instead: { leaf, hashes: inclusion } },
      // Another entry of another place.
      { ...proof, checkpoint: kept.bytes },
      { ...proof, instead: proof.instead && { ...proof.instead, hashes: inclusion } },
      // It reaches the index.
      { ...proof, instead: null },
      { ...proof, promise: (await promised(2, null)).bytes },
      { ...proof, promise: (await promised(2, 0)).bytes },
      // Somebody else's word.
      { ...proof, promise: (await promised(2, 1, stranger)).bytes },
      { ...proof, checkpoint: late, instead: null },
    ];
    for (const policy of [plain, witnessed]) {
      for (const one of wrong) expect(await provesBroken(policy, one)).toMatchObject({ ok: false });
    }
    expect((await provesBroken(policyOf(stranger), proof)).ok).toBe(false);
    expect((await provesBroken(plain, proof)).ok).toBe(true);
  });

  it('is read from any bytes, and only from its own', async () => {
    expectAnyBytesRead(encodeBrokenPromise(await proofOf()), {
      read: decodeBrokenPromise,
      write: encodeBrokenPromise,
    });
  });
});
