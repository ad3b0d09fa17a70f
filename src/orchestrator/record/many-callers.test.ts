import { describe, expect, it } from 'vitest';
import { entryOf, newSigner } from '../../ledger/example-log.contract.ts';
import { encodeEntry, parseVerifierKey, verifyPromise } from '../../ledger/index.ts';
import { startForTest, valueOf } from '../volunteer.contract.ts';
import { ledgerAt, publishedEntries } from './record-client.contract.ts';

const CALLERS = 24;
const ENTRIES_OF_EACH = 8;

describe.each([0, 1, 2])('a record with %i threads and many callers', (recordThreads) => {
  it('puts each entry where it promises, those of one caller in order', async () => {
    const { url } = await startForTest({ publishEvery: 50, recordThreads });
    const ledger = ledgerAt(url);
    const key = valueOf(parseVerifierKey((await ledger.getRecord({})).verifierKey));
    const callers = Array.from({ length: CALLERS }, async () => {
      const owner = await newSigner();
      const placed: { readonly index: number; readonly entry: Uint8Array }[] = [];
      for (let number = 0; number < ENTRIES_OF_EACH; number++) {
        const entry = await entryOf(owner, number);
        const answer = await ledger.submitEntry({ entry });
        const promise = valueOf(await verifyPromise(key, answer.promise));
        expect(promise.index).toBe(Number(answer.index));
        placed.push({ index: Number(answer.index), entry });
      }
      return placed;
    });
    const placed = await Promise.all(callers);
    for (const ofOne of placed) {
      const indexes = ofOne.map(({ index }) => index);
      expect(indexes).toEqual(indexes.toSorted((left, right) => left - right));
    }
    const published = (await publishedEntries(url)).map((entry) => encodeEntry(entry));
    for (const { index, entry } of placed.flat()) expect(published[index]).toEqual(entry);
  });

  it('takes the same bytes once, however many bring them at once', async () => {
    const { url } = await startForTest({ recordThreads });
    const ledger = ledgerAt(url);
    const entry = await entryOf(await newSigner(), 1);
    const answers = await Promise.all(
      Array.from({ length: CALLERS }, () => ledger.submitEntry({ entry })),
    );
    expect(new Set(answers.map(({ index }) => index)).size).toBe(1);
    expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
  });
});
