import { beforeAll, describe, expect, it } from 'vitest';
import type { MessageSigner } from '../../integrity/index.ts';
import { expectAnyBytesRead } from '../any-bytes.contract.ts';
import { entryOf, must, newSigner, policyOf, witnessStore } from '../example-log.contract.ts';
import { LogWriter } from '../log/log-writer.ts';
import type { LogStore } from '../log/log-store.ts';
import { memoryLogStore } from '../log/memory-log-store.ts';
import { signCheckpoint, type SignedCheckpoint } from '../notes/checkpoint.ts';
import { cosignatureState, cosignerKeyOf } from '../notes/cosignature.ts';
import { noteKeyOf, type NoteSigner } from '../notes/note-signing.ts';
import { parseSignatureLines } from '../notes/signed-note.ts';
import { EMPTY_ROOT } from '../tree/hashes.ts';
import { LogTree } from '../tree/log-tree.ts';
import { formatAddCheckpoint, parseAddCheckpoint } from './add-checkpoint.ts';
import { decodeForkProof, encodeForkProof, provesFork } from './fork-proof.ts';
import { Pins } from './pins.ts';
import { Witness } from './witness.ts';

let log: NoteSigner;
let owner: MessageSigner;
beforeAll(async () => {
  log = { name: 'log.example', signer: await newSigner() };
  owner = await newSigner();
});

/** A view of the log: what it shows some people, of entries with these numbers. */
type View = { readonly store: LogStore; readonly signed: SignedCheckpoint };

async function viewOf(...numbers: readonly number[]): Promise<View> {
  const store = memoryLogStore();
  const writer = must(await LogWriter.open(log, store));
  for (const number of numbers) must(await writer.append(await entryOf(owner, number)));
  return { store, signed: must(await writer.publish()) };
}

/** Numbers from 0, of which those in `changed` are others. */
const numbers = (count: number, ...changed: readonly number[]): number[] =>
  Array.from({ length: count }, (_, at) => (changed.includes(at) ? 1_000_000 + at : at));

/** What a log that keeps to its history asks a witness. */
async function requestOf(view: View, oldSize: number): Promise<Uint8Array> {
  const tree = must(await LogTree.open(view.store, view.signed.checkpoint));
  const hashes = must(await tree.consistencyProof(oldSize));
  return formatAddCheckpoint({ oldSize, hashes, signed: view.signed });
}

describe('a log that shows two histories', { timeout: 60_000 }, () => {
  it('is caught by two tabs that gossip, one witness, and whoever gets the proof', async () => {
    const [honest, other] = [await viewOf(...numbers(300)), await viewOf(...numbers(300, 77))];
    const policy = policyOf(log);
    const [alice, bob] = [new Pins(policy), new Pins(policy)];
    // Each tab alone sees nothing wrong.
    expect((await alice.follow(honest.signed.bytes, honest.store)).ok).toBe(true);
    expect((await bob.follow(other.signed.bytes, other.store)).ok).toBe(true);
    // The witness cosigns one of them, and never the other.
    const by = { name: 'w.example', signer: await newSigner() };
    const witness = new Witness(by, policy, witnessStore());
    const first = must(await witness.addCheckpoint(await requestOf(honest, 0), 1_000));
    const second = must(await witness.addCheckpoint(await requestOf(other, 0), 1_001));
    const third = must(
      await witness.addCheckpoint(
        formatAddCheckpoint({ oldSize: 300, hashes: [], signed: other.signed }),
        1_002,
      ),
    );
    expect([first.status, second.status, third.status]).toEqual([200, 409, 422]);
    // A tab that wants the witness's word does not take what it was shown.
    const careful = policyOf(log, [by]);
    expect(await new Pins(careful).follow(other.signed.bytes, other.store)).toMatchObject({
      failure: { code: 'checkpoint_untrusted' },
    });
    // Gossip: one shows the other what it pinned.
    const [shown = new Uint8Array()] = alice.gossip();
    expect(await bob.follow(shown, other.store)).toMatchObject({ failure: { code: 'log_forked' } });
    const pin = bob.get(log.name);
    expect(pin?.kind).toBe('forked');
    const proofs = [
      pin?.kind === 'forked' ? pin.proof : null,
      'proof' in third ? third.proof : null,
    ];
    for (const proof of proofs) {
      const bytes = encodeForkProof(
        proof ?? { older: other.signed, newer: other.signed, hashes: [] },
      );
      const received = must(decodeForkProof(bytes));
      expect(await provesFork(noteKeyOf(log), received)).toBe(true);
      const innocent = { name: log.name, signer: await newSigner() };
      expect(await provesFork(noteKeyOf(innocent), received)).toBe(false);
    }
    // From then on nothing of this log is followed.
    expect((await bob.follow(other.signed.bytes, other.store)).ok).toBe(false);
  });

  it.each([
    [1, 300],
    [3, 5],
    [4, 300],
    [128, 300],
    [255, 257],
    [256, 300],
    [257, 300],
    [299, 300],
  ])('of %i and %i entries is caught with the tiles of the larger one', async (small, large) => {
    const older = await viewOf(...numbers(small));
    const newer = await viewOf(...numbers(large, 0));
    const pins = new Pins(policyOf(log));
    must(await pins.follow(older.signed.bytes, older.store));
    expect(await pins.follow(newer.signed.bytes, newer.store)).toMatchObject({
      failure: { code: 'log_forked' },
    });
    const pin = pins.get(log.name);
    const proof = pin?.kind === 'forked' ? pin.proof : null;
    const bytes = proof === null ? new Uint8Array() : encodeForkProof(proof);
    expect(await provesFork(noteKeyOf(log), must(decodeForkProof(bytes)))).toBe(true);
    // The other way round: the larger one was pinned first.
    const late = new Pins(policyOf(log));
    must(await late.follow(newer.signed.bytes, newer.store));
    expect(await late.follow(older.signed.bytes, newer.store)).toMatchObject({
      failure: { code: 'log_forked' },
    });
  });

  it('with no entries and another root than nothing has is caught', async () => {
    const empty = await signCheckpoint(log, { size: 0, root: EMPTY_ROOT.map((byte) => byte ^ 1) });
    const newer = await viewOf(...numbers(3));
    const pins = new Pins(policyOf(log));
    must(await pins.follow(empty.bytes, newer.store));
    expect((await pins.follow(newer.signed.bytes, newer.store)).ok).toBe(false);
    const pin = pins.get(log.name);
    expect(pin?.kind === 'forked' && (await provesFork(noteKeyOf(log), pin.proof))).toBe(true);
  });
});

describe('a log that keeps to its history', { timeout: 60_000 }, () => {
  it('is followed, whichever checkpoint comes first', async () => {
    const [small, large] = [await viewOf(...numbers(200)), await viewOf(...numbers(300))];
    const pins = new Pins(policyOf(log));
    must(await pins.follow(small.signed.bytes, small.store));
    must(await pins.follow(large.signed.bytes, large.store));
    must(await pins.follow(small.signed.bytes, large.store));
    expect(pins.get(log.name)?.latest.checkpoint.size).toBe(300);
  });

  it('cannot be made to look forked: by tiles of another, or proofs that prove nothing', async () => {
    const [small, large] = [await viewOf(...numbers(200)), await viewOf(...numbers(300))];
    const foreign = await viewOf(...numbers(300, 5));
    const pins = new Pins(policyOf(log));
    must(await pins.follow(small.signed.bytes, small.store));
    expect(await pins.follow(large.signed.bytes, foreign.store)).toMatchObject({
      failure: { code: 'proof_invalid' },
    });
    expect(pins.get(log.name)).toMatchObject({ kind: 'pinned', latest: small.signed });
    const tree = must(await LogTree.open(large.store, large.signed.checkpoint));
    const key = noteKeyOf(log);
    const [older, newer] = [small.signed, large.signed];
    for (const hashes of [
      must(await tree.consistencyProof(200, 'complete')),
      must(await tree.consistencyProof(200)),
      must(await tree.consistencyProof(199, 'complete')),
      [],
      [EMPTY_ROOT],
    ]) {
      expect(await provesFork(key, { older, newer, hashes })).toBe(false);
    }
    expect(await provesFork(key, { older, newer: older, hashes: [] })).toBe(false);
  });

  it('is not blamed for what somebody else signed', async () => {
    const honest = await viewOf(...numbers(3));
    const forger = { name: log.name, signer: await newSigner() };
    const forged = await signCheckpoint(forger, { size: 3, root: EMPTY_ROOT });
    const proof = { older: honest.signed, newer: forged, hashes: [] };
    expect(await provesFork(noteKeyOf(log), proof)).toBe(false);
    const pins = new Pins(policyOf(log));
    must(await pins.follow(honest.signed.bytes, honest.store));
    expect(await pins.follow(forged.bytes, honest.store)).toMatchObject({
      failure: { code: 'checkpoint_untrusted' },
    });
    expect(pins.get(log.name)?.kind).toBe('pinned');
  });

  it('stays pinned where its tiles cannot be read', async () => {
    const [small, large] = [await viewOf(...numbers(200)), await viewOf(...numbers(300))];
    const pins = new Pins(policyOf(log));
    must(await pins.follow(small.signed.bytes, small.store));
    expect(await pins.follow(large.signed.bytes, memoryLogStore())).toMatchObject({
      failure: { code: 'tile_unknown' },
    });
    expect(pins.get(log.name)?.latest.checkpoint.size).toBe(200);
  });
});

describe('a witness', () => {
  const by = async (): Promise<NoteSigner> => ({ name: 'w.example', signer: await newSigner() });

  it('answers as C2SP tlog-witness says', async () => {
    const witness = await by();
    const views = [await viewOf(...numbers(5)), await viewOf(...numbers(9)), await viewOf()];
    const [five, nine, none] = views as [View, View, View];
    const forked = await viewOf(...numbers(9, 2));
    const stranger = { ...log, name: 'stranger.example' };
    const unknown = await signCheckpoint(stranger, { size: 1, root: EMPTY_ROOT });
    const forged = await signCheckpoint(
      { ...log, signer: await newSigner() },
      { size: 1, root: EMPTY_ROOT },
    );
    const wrongEmpty = await signCheckpoint(log, { size: 0, root: new Uint8Array(32) });
    const ask = (oldSize: number, signed: SignedCheckpoint, hashes: Uint8Array[] = []) =>
      formatAddCheckpoint({ oldSize, hashes, signed });
    const table: [string, Uint8Array, number][] = [
      ['no request', new TextEncoder().encode('hello'), 400],
      ['another log', ask(0, unknown), 404],
      ['another key', ask(0, forged), 403],
      ['an old size above the new', ask(6, five.signed), 400],
      ['an old size that was never cosigned', ask(3, five.signed), 409],
      ['an empty tree with a wrong root', ask(0, wrongEmpty), 422],
      ['the empty tree', ask(0, none.signed), 200],
      ['a proof where none belongs', ask(0, five.signed, [EMPTY_ROOT]), 422],
      ['the first entries', ask(0, five.signed), 200],
      ['the same again', ask(5, five.signed), 200],
      ['an old size that is over', ask(0, nine.signed), 409],
      ['no proof', ask(5, nine.signed), 422],
      ['a proof of another tree', await requestOf(forked, 5), 422],
      ['more entries', await requestOf(nine, 5), 200],
      ['another root of that size', ask(9, forked.signed), 422],
    ];
    const store = witnessStore();
    const machine = new Witness(witness, policyOf(log), store);
    const statuses: [string, number][] = [];
    for (const [name, body] of table) {
      statuses.push([name, must(await machine.addCheckpoint(body, 1_000)).status]);
    }
    expect(statuses).toEqual(table.map(([name, , status]) => [name, status]));
    expect(store.saved.length).toBe(4);
    expect(must(await machine.addCheckpoint(ask(0, nine.signed), 1)).body).toBe('9\n');
  });

  it('gives a cosignature that verifies on the checkpoint', async () => {
    const witness = await by();
    const view = await viewOf(...numbers(5));
    const machine = new Witness(witness, policyOf(log), witnessStore());
    const answer = must(await machine.addCheckpoint(await requestOf(view, 0), 1_700_000_000));
    const signatures = must(parseSignatureLines(answer.body));
    const state = await cosignatureState(cosignerKeyOf(witness), {
      ...view.signed.note,
      signatures,
    });
    expect(state).toEqual({ kind: 'valid', atSeconds: 1_700_000_000 });
  });

  it('cosigns nothing that it could not save, and only one of two that come at once', async () => {
    const store = witnessStore();
    const machine = new Witness(await by(), policyOf(log), store);
    const [one, other] = [await viewOf(...numbers(5)), await viewOf(...numbers(5, 1))];
    store.failing = true;
    expect(await machine.addCheckpoint(await requestOf(one, 0), 1)).toMatchObject({
      failure: { code: 'storage_failed' },
    });
    store.failing = false;
    const answers = await Promise.all([
      machine.addCheckpoint(await requestOf(one, 0), 1),
      machine.addCheckpoint(await requestOf(other, 0), 1),
    ]);
    expect(answers.map((answer) => must(answer).status)).toEqual([200, 409]);
  });
});

describe('decoders of views', () => {
  it('of requests take any bytes, and format to what they read', async () => {
    const valid = await requestOf(await viewOf(...numbers(5)), 3);
    expectAnyBytesRead(valid, { read: parseAddCheckpoint, write: formatAddCheckpoint });
    expect(parseAddCheckpoint(valid).ok).toBe(true);
    expect(parseAddCheckpoint(new Uint8Array(30_000))).toMatchObject({
      failure: { code: 'limit_exceeded' },
    });
  });

  it('of proofs take any bytes, and encode to what they read', async () => {
    const older = (await viewOf(...numbers(3))).signed;
    const newer = (await viewOf(...numbers(5, 1))).signed;
    const valid = encodeForkProof({ older, newer, hashes: [EMPTY_ROOT, EMPTY_ROOT] });
    expectAnyBytesRead(valid, { read: decodeForkProof, write: encodeForkProof });
    expect(decodeForkProof(valid).ok).toBe(true);
    expect(decodeForkProof(new Uint8Array(50_000))).toMatchObject({
      failure: { code: 'limit_exceeded' },
    });
  });
});
