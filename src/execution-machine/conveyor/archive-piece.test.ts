import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalBytes } from '../../integrity/index.ts';
import { entryOf, knownSigner, must } from '../../ledger/example-log.contract.ts';
import { noteKeyOf, signCheckpoint, verifyEntry } from '../../ledger/index.ts';
import { itemOf, packPiece, payloadOf, unpackPiece } from './archive-piece.ts';

const log = { name: 'log.example', signer: await knownSigner(1) };
const archiveKey = await knownSigner(9);
const owner = await knownSigner(2);
const entries = [await entryOf(owner, 0), await entryOf(owner, 1), await entryOf(owner, 2)];
const { bytes: checkpoint } = await signCheckpoint(log, { size: 7, root: new Uint8Array(32) });
const piece = { log: noteKeyOf(log), first: 4, entries, checkpoint };
const item = await packPiece(piece, archiveKey);

describe('a piece of an archived log', () => {
  it('comes back as it was packed', async () => {
    expect(must(await unpackPiece(item.payload))).toEqual(piece);
    expect(item).toMatchObject({ first: 4, end: 7 });
    expect(payloadOf(item.bytes)).toEqual(item.payload);
    expect(await itemOf(item.bytes)).toEqual(item);
  });

  it('has the same id whenever it is packed, and another for another key', async () => {
    expect((await packPiece(piece, archiveKey)).bytes).toEqual(item.bytes);
    expect((await packPiece(piece, owner)).id).not.toBe(item.id);
  });

  it('holds its entries as data items that verify by themselves', async () => {
    const unpacked = must(await unpackPiece(item.payload));
    const verified = await Promise.all(unpacked.entries.map((entry) => verifyEntry(entry)));
    expect(verified.map(({ ok }) => ok)).toEqual([true, true, true]);
  });

  it('is nothing that any change of its bytes leaves another piece', async () => {
    const place = fc.nat({ max: item.payload.byteLength - 1 });
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = item.payload.slice();
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        const unpacked = await unpackPiece(bytes);
        // Entries are the tree's to check; all around them is checked here.
        if (!unpacked.ok) return;
        expect(unpacked.value).toMatchObject({ first: 4, log: piece.log, checkpoint });
        const changed = unpacked.value.entries.filter(
          (entry, index) => !equalBytes(entry, entries[index] ?? new Uint8Array()),
        );
        expect(changed.length).toBe(1);
      }),
    );
  });

  it('is refused by name, never by a crash, where bytes are anything', async () => {
    const cut = fc
      .nat({ max: item.payload.byteLength - 1 })
      .map((end) => item.payload.slice(0, end));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 400 }), cut), async (bytes) => {
        expect((await unpackPiece(bytes)).ok).toBe(false);
        payloadOf(bytes);
      }),
    );
  });

  it.each([
    ['it goes over the end of a tile', { first: 254 }],
    ['its index is no index', { first: -1 }],
  ])('is not packed where %s', async (_, wrong) => {
    await expect(packPiece({ ...piece, ...wrong }, archiveKey)).rejects.toThrow(/piece/);
  });
});
