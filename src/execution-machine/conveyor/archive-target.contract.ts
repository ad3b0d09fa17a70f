import { describe, expect, it } from 'vitest';
import { encodeBase64url } from '../../integrity/index.ts';
import { entryOf, knownSigner, must } from '../../ledger/example-log.contract.ts';
import { noteKeyOf, signCheckpoint } from '../../ledger/index.ts';
import { packPiece, type ArchiveItem } from './archive-piece.ts';
import type { ArchiveTarget } from './archive-target.ts';

/** What a contract runs on: an archive, and what lets it have for good what it took. */
export type TargetBench = {
  readonly target: ArchiveTarget;
  /** The same archive, as somebody sees it who was not there. */
  readonly anew: () => ArchiveTarget;
  readonly settle: () => Promise<void>;
};

const { signal } = new AbortController();

/** The facts that every archive keeps. */
export function archiveTargetContract(begin: () => Promise<TargetBench>): void {
  describe('as every archive', () => {
    it('knows nothing of what it was never given', async () => {
      const { target } = await begin();
      expect(must(await target.stateOf('A'.repeat(43), signal))).toBe('unknown');
      expect(must(await target.read('A'.repeat(43), signal))).toBe(null);
      expect(must(await target.list('A'.repeat(43), signal))).toEqual([]);
    });

    it(
      'gives back the payload that it was given, also to others',
      { timeout: 60_000 },
      async () => {
        const { target, anew, settle } = await begin();
        const item = await itemOf(11, 0);
        must(await target.post(item, signal));
        expect(must(await target.stateOf(item.id, signal))).not.toBe('unknown');
        await settle();
        for (const one of [target, anew()]) {
          expect(must(await one.stateOf(item.id, signal))).toBe('there');
          const read = must(await one.read(item.id, signal));
          expect(Buffer.from(read ?? []).equals(item.payload)).toBe(true);
        }
      },
    );

    it('lists the pieces of a log by their first entries', { timeout: 60_000 }, async () => {
      const { target, anew, settle } = await begin();
      const items = [await itemOf(12, 5), await itemOf(12, 0), await itemOf(13, 0)];
      for (const item of items) must(await target.post(item, signal));
      await settle();
      const logKey = encodeBase64url((await knownSigner(12)).publicKey);
      const listed = must(await anew().list(logKey, signal));
      const [later, earlier] = items;
      expect(listed.map(({ id, first, end }) => ({ id, first, end }))).toEqual([
        { id: earlier?.id, first: 0, end: 2 },
        { id: later?.id, first: 5, end: 7 },
      ]);
    });

    it('has an item once that came twice', { timeout: 60_000 }, async () => {
      const { target, settle } = await begin();
      const item = await itemOf(14, 0);
      must(await target.post(item, signal));
      await settle();
      await target.post(item, signal);
      await settle();
      const logKey = encodeBase64url((await knownSigner(14)).publicKey);
      const listed = must(await target.list(logKey, signal));
      expect(new Set(listed.map(({ id }) => id)).size).toBe(1);
      expect(must(await target.stateOf(item.id, signal))).toBe('there');
    });
  });
}

/** A piece of two entries, of the log that a number makes. */
async function itemOf(log: number, first: number): Promise<ArchiveItem> {
  const signer = { name: 'log.example', signer: await knownSigner(log) };
  const owner = await knownSigner(2);
  const head = { size: first + 2, root: new Uint8Array(32) };
  const entries = [await entryOf(owner, first), await entryOf(owner, first + 1)];
  const { bytes: checkpoint } = await signCheckpoint(signer, head);
  const piece = { log: noteKeyOf(signer), first, entries, checkpoint };
  return packPiece(piece, await knownSigner(9));
}
