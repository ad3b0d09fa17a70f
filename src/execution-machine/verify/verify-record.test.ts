import { describe, expect, it } from 'vitest';
import { ROOT_CLAIM_LAG_MAX } from '../../domain/limits.ts';
import { succeed } from '../../domain/outcome.ts';
import { decodeCanonical, encodeCanonical } from '../../integrity/index.ts';
import { knownSigner, must, policyOf } from '../../ledger/example-log.contract.ts';
import {
  LogWriter,
  memoryLogStore,
  provesFork,
  noteKeyOf,
  signCheckpoint,
  signEntry,
  tilePath,
  type TileReader,
} from '../../ledger/index.ts';
import { advanceEdge } from '../../ledger/log/log-edge.ts';
import { Frontier } from '../../ledger/tree/frontier.ts';
import { leafHash } from '../../ledger/tree/hashes.ts';
import { actionDraft, rootDraft } from '../log-entry.ts';
import { engine } from '../machine-driver.contract.ts';
import { networkFunctions } from '../network-functions.ts';
import { ann, bob, ExampleRecord, idOf, logSigner } from './example-record.contract.ts';
import type { RecordCheck, RecordVerdict, VerifyProgress } from './record-check.ts';
import { verifyRecord, type VerifyOptions } from './verify-record.ts';

const FULL: RecordCheck = { level: 'full', engine };
const OTHER_ROOT = new Uint8Array(32).fill(9);

/** A record of four bundles, with a true claim behind every 50th action. */
const whole = await ExampleRecord.begin();
while (whole.size < 1_000) {
  const index = await whole.count(whole.size % 3 === 0 ? ann : bob);
  if (index % 50 === 0) await whole.claim(index);
}
await whole.publish();

describe('verifying a record in full', () => {
  it('agrees with every claim, counts all and tells how far it got', async () => {
    const seen: VerifyProgress[] = [];
    const verdict = await check(whole, FULL, { onProgress: (one) => seen.push(one) });
    expect(verdict).toMatchObject({ view: 'first', entryCount: whole.size, difference: null });
    expect(verdict.folded).toMatchObject({ agreedCount: 19, root: whole.processor.root() });
    expect(seen.map(({ entryCount }) => entryCount)).toEqual([256, 512, 768, whole.size]);
    expect(seen.at(-1)).toMatchObject({ entriesTotal: whole.size, secondsLeft: 0 });
    expect(seen.at(-1)?.byteCount).toBe(verdict.byteCount);
  });

  it('tells outcomes of all actions, also of those that throw', async () => {
    const record = await ExampleRecord.begin();
    await record.count(ann);
    await record.count(ann, 'throw');
    await record.publish();
    const kinds: string[] = [];
    const onOutcome = (_: unknown, { kind }: { readonly kind: string }) => kinds.push(kind);
    await check(record, { level: 'full', engine, onOutcome });
    expect(kinds).toEqual(['done', 'done', 'thrown']);
  });

  it('does not judge what began in another engine, but its entries', async () => {
    const record = await ExampleRecord.begin();
    const [draft] = networkFunctions(idOf(logSigner.signer)).beginnings;
    const deployed = must(decodeCanonical(draft!.body)) as { readonly source: string };
    const body = encodeCanonical({ ...deployed, engine: 'bafyother' });
    await record.add(logSigner.signer, { ...draft!, body });
    await record.claim(await record.count(ann), OTHER_ROOT);
    await record.publish();
    expect(await verifyRecord(optionsFor(record, FULL))).toMatchObject({
      failure: { code: 'version_unsupported' },
    });
    const verdict = await check(record, { level: 'tile', tile: 0 });
    expect(verdict).toMatchObject({ entryCount: record.size, difference: null });
  });

  it('finds the first false claim, and between which entries the difference is', async () => {
    const record = await ExampleRecord.begin();
    const first = await record.count(ann);
    await record.claim(first);
    const second = await record.count(ann);
    await record.claim(second, OTHER_ROOT);
    await record.claim(await record.count(ann), OTHER_ROOT);
    await record.publish();
    const { difference, folded } = await check(record, FULL);
    expect(difference).toMatchObject({ kind: 'root', afterIndex: first, index: second });
    expect(difference).toMatchObject({ claimed: OTHER_ROOT });
    expect(folded?.agreedCount).toBe(1);
  });

  it.each([
    ['true ones that come late and in disorder', (roots: Uint8Array[]) => roots, null],
    [
      'a false one among them',
      (roots: Uint8Array[]) => roots.with(2, OTHER_ROOT),
      { kind: 'root', afterIndex: 3, index: 4 },
    ],
  ])('compares claims with the state of then: %s', async (_, shown, expected) => {
    const record = await ExampleRecord.begin();
    const roots = [];
    for (let index = 2; index < 6; index++) {
      expect(await record.count(ann)).toBe(index);
      roots.push(record.processor.root());
    }
    const claimed = shown(roots);
    for (const at of [3, 1, 0, 2]) await record.claim(at + 2, claimed[at]);
    await record.publish();
    const { difference } = await check(record, FULL);
    expect({ difference }).toMatchObject({ difference: expected });
  });

  it(
    'holds claims to the state that entries before the longest lag left',
    { timeout: 120_000 },
    async () => {
      const record = await ExampleRecord.begin();
      const index = await record.count(ann);
      const root = record.processor.root();
      while (record.size < index + ROOT_CLAIM_LAG_MAX) await record.count(bob);
      // The last place at which it is a claim; behind the next entry it would be none.
      await record.claim(index, root);
      await record.claim(index, OTHER_ROOT);
      await record.claim(index + 2, OTHER_ROOT);
      await record.publish();
      const { difference, folded } = await check(record, FULL);
      expect(difference).toMatchObject({ kind: 'root', afterIndex: index, index: index + 2 });
      expect(folded?.agreedCount).toBe(1);
    },
  );

  it.each([0, 255, 256, 700, 999])('names entry %i when its bytes were changed', async (index) => {
    const verdict = await check(whole, FULL, { tiles: tampered(whole.store, index) });
    expect(verdict.difference).toMatchObject({
      kind: 'entry',
      index,
      why: { code: 'proof_invalid' },
    });
    expect(verdict.entryCount).toBe(Math.floor(index / 256) * 256);
  });

  it('names an entry that the log took although nobody signed it', async () => {
    const good = await signEntry(
      ann,
      actionDraft({ function: 'x', body: 1, anchor: whole.anchor() }),
    );
    const bad = good.slice();
    bad[10] = (bad[10] ?? 0) ^ 1;
    const store = await logOf([good, bad, good]);
    const verdict = await check({ store, policy: whole.policy }, FULL);
    expect(verdict.difference).toMatchObject({
      kind: 'entry',
      index: 1,
      why: { code: 'signature_invalid' },
    });
  });

  it('says of an empty log that nothing is wrong', async () => {
    const verdict = await check({ store: await logOf([]), policy: whole.policy }, FULL);
    expect(verdict).toMatchObject({ entryCount: 0, difference: null });
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const given = { onProgress: () => stop.abort(), signal: stop.signal };
    const outcome = await verifyRecord(optionsFor(whole, FULL, given));
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'canceled' } });
  });
});

describe('verifying one tile', () => {
  it.each([0, 3])('checks the entries of tile %i and no others', async (tile) => {
    const verdict = await check(whole, { level: 'tile', tile });
    expect(verdict).toMatchObject({ difference: null, folded: null });
    expect(verdict.entryCount).toBe(tile === 3 ? whole.size - 768 : 256);
    const elsewhere = tampered(whole.store, 400);
    expect((await check(whole, { level: 'tile', tile }, { tiles: elsewhere })).difference).toBe(
      null,
    );
  });

  it.each([-1, 4, 0.5])('refuses a tile %d that the log does not have', async (tile) => {
    const outcome = await verifyRecord(optionsFor(whole, { level: 'tile', tile }));
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'input_invalid' } });
  });
});

describe('verifying a row of state', () => {
  const of = { function: whole.counter, key: idOf(ann) };
  const value = whole.processor.read(of);
  const row = { claim: { ...of, value }, proof: whole.processor.prove(of), claimedIn: null };
  const root = whole.processor.root();

  it('leads to the newest claim of its root', async () => {
    const record = await ExampleRecord.begin();
    const index = await record.count(ann);
    const at = await record.claim(index);
    await record.publish();
    const mine = { function: record.counter, key: idOf(ann) };
    const proven = {
      claim: { ...mine, value: 1 },
      proof: record.processor.prove(mine),
      root: record.processor.root(),
      claimedIn: null,
    };
    const verdict = await check(record, { level: 'balance', row: proven });
    expect(verdict.difference).toBe(null);
    expect(verdict.claimed).toMatchObject({ at, claim: { index }, row: proven.claim });
    const more = { ...proven, claim: { ...proven.claim, value: 2 } };
    expect((await check(record, { level: 'balance', row: more })).difference).toMatchObject({
      kind: 'row',
      why: { code: 'bytes_mismatch' },
    });
  });

  it('is not proven by a root that the log never claimed, or that somebody else did', async () => {
    const record = await ExampleRecord.begin();
    await record.add(bob, rootDraft({ index: 0, root }, record.anchor()));
    await record.publish();
    const verdict = await check(record, { level: 'balance', row: { ...row, root } });
    expect(verdict.difference).toMatchObject({ kind: 'row', why: { code: 'proof_invalid' } });
  });
});

describe('the view of a record', () => {
  it.each([
    ['same', 0],
    ['grown', 300],
  ])('is "%s" beside a checkpoint that it grew out of by %i entries', async (view, more) => {
    const record = await ExampleRecord.begin();
    const pinned = await record.publish();
    for (let number = 0; number < more; number++) await record.count(ann);
    await record.publish();
    expect(await check(record, { level: 'consistency' }, { pinned })).toMatchObject({
      view,
      difference: null,
    });
  });

  it('is "behind" where it shows fewer entries than it did', async () => {
    const record = await ExampleRecord.begin();
    await record.publish();
    const given = { pinned: must(await whole.store.read('checkpoint', 10_000)) };
    expect(await check(record, { level: 'consistency' }, given)).toMatchObject({ view: 'behind' });
  });

  it('is forked, with a proof for others, where it contradicts what was pinned', async () => {
    const record = await ExampleRecord.begin();
    for (let number = 0; number < 300; number++) await record.count(ann);
    const pinned = await record.publish();
    const { difference } = await check(whole, FULL, { pinned });
    if (difference?.kind !== 'forked') throw new Error('no fork was found');
    expect(await provesFork(noteKeyOf(logSigner), difference.proof)).toBe(true);
  });

  it('is not told of a log that the policy does not know, nor beside another log', async () => {
    const stranger = { name: 'log.example', signer: await knownSigner(7) };
    const unknown = optionsFor({ store: whole.store, policy: policyOf(stranger) }, FULL);
    expect(await verifyRecord(unknown)).toMatchObject({
      failure: { code: 'checkpoint_untrusted' },
    });
    const other = { name: 'another.example', signer: await knownSigner(1) };
    const writer = must(await LogWriter.open(other, memoryLogStore()));
    const pinned = must(await writer.publish()).bytes;
    expect(await verifyRecord(optionsFor(whole, FULL, { pinned }))).toMatchObject({
      failure: { code: 'input_invalid' },
    });
  });
});

type Given = Partial<Pick<VerifyOptions, 'pinned' | 'onProgress' | 'signal' | 'tiles'>>;

function optionsFor(
  { store, policy }: Pick<ExampleRecord, 'store' | 'policy'>,
  level: RecordCheck,
  given: Given = {},
): VerifyOptions {
  const nowMs = () => performance.now();
  return { tiles: store, policy, pinned: null, check: level, nowMs, ...given };
}

async function check(
  record: Pick<ExampleRecord, 'store' | 'policy'>,
  level: RecordCheck,
  given: Given = {},
): Promise<RecordVerdict> {
  return must(await verifyRecord(optionsFor(record, level, given)));
}

/** The files of a log, with the last byte of an entry changed. */
function tampered(tiles: TileReader, index: number): TileReader {
  const bundle = Math.floor(index / 256);
  return {
    async read(path, bytesMax) {
      const read = await tiles.read(path, bytesMax);
      const isIt = path.startsWith(tilePath({ level: 'entries', index: bundle, width: 256 }));
      if (!read.ok || !isIt) return read;
      const bytes = read.value.slice();
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      let at = 0;
      for (let skipped = 0; skipped <= index % 256; skipped++) at += 2 + view.getUint16(at);
      bytes[at - 1] = (bytes[at - 1] ?? 0) ^ 1;
      return succeed(bytes);
    },
  };
}

/** A log that its key signed, whatever its entries are. */
async function logOf(entries: readonly Uint8Array[]) {
  const store = memoryLogStore();
  const hashed = await Promise.all(
    entries.map(async (entry) => ({ entry, leaf: await leafHash(entry) })),
  );
  const { files, edge } = advanceEdge({ frontier: new Frontier(), lastEntries: [] }, hashed);
  const head = { size: edge.frontier.size, root: edge.frontier.root() };
  must(await store.publish(files, (await signCheckpoint(logSigner, head)).bytes));
  return store;
}
