import { expect, it } from 'vitest';
import {
  formatVerifierKey,
  LogWriter,
  memoryLogStore,
  noteKeyOf,
  provesFork,
  type NoteSigner,
  type SignedCheckpoint,
  type TileReader,
} from '../../ledger/index.ts';
import { entryOf, knownSigner, must } from '../../ledger/example-log.contract.ts';
import type { PageStore } from './page-store.ts';
import { followOther, followPin, pinnedOf } from './pin-book.ts';

function memoryStore(): PageStore {
  const kept = new Map<string, unknown>();
  return {
    get: async (name) => kept.get(name),
    put: async (name, value) => void kept.set(name, value),
    delete: async (name) => void kept.delete(name),
    names: async () => [...kept.keys()].toSorted(),
  };
}

/** A log of its own that took these numbers, and its checkpoint after each list of them. */
async function logOf(log: NoteSigner, ...lists: readonly (readonly number[])[]) {
  const store = memoryLogStore();
  const writer = must(await LogWriter.open(log, store));
  const checkpoints: SignedCheckpoint[] = [];
  const owner = await knownSigner(9);
  for (const numbers of lists) {
    for (const number of numbers) must(await writer.append(await entryOf(owner, number)));
    checkpoints.push(must(await writer.publish()));
  }
  return { checkpoints, tiles: store as TileReader };
}

async function signerOf(seed: number, name = 'example.org/log'): Promise<NoteSigner> {
  return { signer: await knownSigner(seed), name };
}

it('follows a log that grows, and keeps the larger checkpoint', async () => {
  const signer = await signerOf(1);
  const keyText = formatVerifierKey(noteKeyOf(signer));
  const { checkpoints, tiles } = await logOf(signer, [1, 2], [3]);
  const [first, second] = checkpoints;
  if (first === undefined || second === undefined) throw new Error('two checkpoints');
  const store = memoryStore();
  const follow = async (signed: SignedCheckpoint) =>
    must(await followPin(store, { keyText, signed, tiles }));
  expect(await follow(first)).toEqual({ kind: 'followed', size: 2, isFirst: true });
  expect(await follow(second)).toEqual({ kind: 'followed', size: 3, isFirst: false });
  // One that lags is no fork, and moves nothing.
  expect(await follow(first)).toEqual({ kind: 'followed', size: 3, isFirst: false });
  expect(await pinnedOf(store, keyText)).toEqual(second.bytes);
});

it('keeps the proof of a fork for ever', async () => {
  const signer = await signerOf(1);
  const keyText = formatVerifierKey(noteKeyOf(signer));
  const honest = await logOf(signer, [1, 2]);
  const other = await logOf(signer, [3, 4, 5]);
  const store = memoryStore();
  const [before] = honest.checkpoints;
  const [after] = other.checkpoints;
  if (before === undefined || after === undefined) throw new Error('two checkpoints');
  must(await followPin(store, { keyText, signed: before, tiles: honest.tiles }));
  const caught = must(await followPin(store, { keyText, signed: after, tiles: other.tiles }));
  if (caught.kind !== 'forked') throw new Error(caught.kind);
  expect(await provesFork(noteKeyOf(signer), caught.fork.proof)).toBe(true);
  const later = must(await followPin(store, { keyText, signed: before, tiles: honest.tiles }));
  expect(later.kind).toBe('forked');
});

it('tells another key at this address, and follows it only once it is told to', async () => {
  const [one, other] = [await signerOf(1), await signerOf(2)];
  const [keyText, otherText] = [one, other].map((log) => formatVerifierKey(noteKeyOf(log)));
  if (keyText === undefined || otherText === undefined) throw new Error('two keys');
  const store = memoryStore();
  const first = await logOf(one, [1]);
  const second = await logOf(other, [1]);
  const [signed] = first.checkpoints;
  const [otherSigned] = second.checkpoints;
  if (signed === undefined || otherSigned === undefined) throw new Error('two checkpoints');
  must(await followPin(store, { keyText, signed, tiles: first.tiles }));
  const shown = { keyText: otherText, signed: otherSigned, tiles: second.tiles };
  expect(must(await followPin(store, shown))).toEqual({ kind: 'other-log', before: keyText });
  await followOther(store);
  expect(must(await followPin(store, shown))).toMatchObject({ kind: 'followed', isFirst: true });
});
