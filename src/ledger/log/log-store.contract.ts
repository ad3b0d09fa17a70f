import { describe, expect, it } from 'vitest';
import { knownSigner, must } from '../example-log.contract.ts';
import { signCheckpoint } from '../notes/checkpoint.ts';
import { EMPTY_ROOT } from '../tree/hashes.ts';
import { CHECKPOINT_PATH } from '../tree/tile-path.ts';
import type { LogStore } from './log-store.ts';

/** A store for one fact, and the same one as a later process opens it. */
export type StoreUnderTest = {
  readonly open: () => Promise<LogStore>;
  readonly close: () => Promise<void>;
};

/** Every fact about an adapter of `LogStore`. */
export function describeLogStore(name: string, make: () => Promise<StoreUnderTest>): void {
  const records = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => ({
      index: from + at,
      entry: new TextEncoder().encode(`entry ${from + at}`),
    }));
  const checkpointOf = async (size: number): Promise<Uint8Array> => {
    const log = { name: 'log.example', signer: await knownSigner(1) };
    return (await signCheckpoint(log, { size, root: EMPTY_ROOT })).bytes;
  };
  const withStore = async (use: (under: StoreUnderTest) => Promise<void>): Promise<void> => {
    const under = await make();
    try {
      await use(under);
    } finally {
      await under.close();
    }
  };

  describe(`a log store ${name}`, () => {
    it('has nothing at first', () =>
      withStore(async ({ open }) => {
        const store = await open();
        expect(must(await store.recover())).toEqual({ checkpoint: null, journal: [] });
        expect(await store.read(CHECKPOINT_PATH, 100)).toMatchObject({
          failure: { code: 'tile_unknown' },
        });
      }));

    it('gives back what was kept, in order, to whoever opens it next', () =>
      withStore(async ({ open }) => {
        const first = await open();
        must(await first.recover());
        must(await first.keep(records(0, 3)));
        must(await first.keep(records(3, 4)));
        await first.close();
        const second = await open();
        expect(must(await second.recover()).journal).toEqual(records(0, 4));
        must(await second.keep(records(4, 6)));
        await second.close();
        expect(must(await (await open()).recover()).journal).toEqual(records(0, 6));
      }));

    it('publishes files and a checkpoint, and forgets the journal below it', () =>
      withStore(async ({ open }) => {
        const first = await open();
        must(await first.recover());
        must(await first.keep(records(0, 3)));
        const bytes = Uint8Array.of(1, 2, 3);
        const checkpoint = await checkpointOf(3);
        must(await first.publish([{ path: 'tile/0/000.p/3', bytes }], checkpoint));
        must(await first.keep(records(3, 5)));
        expect(must(await first.read('tile/0/000.p/3', 3))).toEqual(bytes);
        await first.close();
        const second = await open();
        expect(must(await second.recover())).toEqual({ checkpoint, journal: records(3, 5) });
        expect(must(await second.read('tile/0/000.p/3', 3))).toEqual(bytes);
        expect(must(await second.read(CHECKPOINT_PATH, 1_000))).toEqual(checkpoint);
      }));

    it('takes the same file again, and never another in its place', () =>
      withStore(async ({ open }) => {
        const store = await open();
        must(await store.recover());
        const file = { path: 'tile/0/000', bytes: Uint8Array.of(1) };
        must(await store.publish([file], await checkpointOf(1)));
        must(await store.publish([file], await checkpointOf(2)));
        const other = { ...file, bytes: Uint8Array.of(2) };
        expect(await store.publish([other], await checkpointOf(3))).toMatchObject({
          failure: { code: 'storage_failed' },
        });
        expect(must(await store.read(CHECKPOINT_PATH, 1_000))).toEqual(await checkpointOf(2));
        expect(must(await store.read('tile/0/000', 1))).toEqual(file.bytes);
      }));

    it('reads no more bytes than asked for', () =>
      withStore(async ({ open }) => {
        const store = await open();
        must(await store.recover());
        const file = { path: 'tile/0/000', bytes: new Uint8Array(9) };
        must(await store.publish([file], await checkpointOf(1)));
        expect((await store.read(file.path, 9)).ok).toBe(true);
        expect(await store.read(file.path, 8)).toMatchObject({
          failure: { code: 'limit_exceeded' },
        });
      }));

    it.each(['../journal', 'tile/0/../../../journal', '/etc/hostname', 'journal', '', 'tile'])(
      'reads nothing at %j',
      (path) =>
        withStore(async ({ open }) => {
          const store = await open();
          must(await store.recover());
          must(await store.keep(records(0, 1)));
          expect(await store.read(path, 1_000)).toMatchObject({
            failure: { code: 'tile_unknown' },
          });
        }),
    );

    it('lets the caller reuse the arrays', () =>
      withStore(async ({ open }) => {
        const store = await open();
        must(await store.recover());
        const [record] = records(0, 1);
        const entry = (record?.entry ?? new Uint8Array()).slice();
        must(await store.keep([{ index: 0, entry }]));
        entry.fill(0);
        expect(must(await store.recover()).journal).toEqual(records(0, 1));
      }));
  });
}
