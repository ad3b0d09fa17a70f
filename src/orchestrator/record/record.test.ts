import { join } from 'node:path';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LogReading } from '../../execution-machine/index.ts';
import {
  agentIdOf,
  encodeCanonical,
  generateSigningKey,
  messageSignerOf,
  type MessageSigner,
} from '../../integrity/index.ts';
import {
  decodeEntry,
  LogTree,
  parseCheckpoint,
  parseVerifierKey,
  signEntry,
  trustCheckpoint,
  verifyPromise,
  verifyReceipt,
} from '../../ledger/index.ts';
import { failureFromConnect } from '../../wire/index.ts';
import { startOrchestrator } from '../orchestrator.ts';
import { startForTest, testConfig, valueOf, until } from '../volunteer.contract.ts';
import { filesAt, ledgerAt, policyIn } from './record-client.contract.ts';
import { checkpointFolder } from './views/checkpoint-folder.ts';

async function newSigner(): Promise<MessageSigner> {
  return messageSignerOf(valueOf(await generateSigningKey({ extractable: false })));
}

function entryOf(signer: MessageSigner, number: number, said = 'hello'): Promise<Uint8Array> {
  const anchor = new Uint8Array(32).fill(number);
  return signEntry(signer, { target: null, anchor, tags: [], body: encodeCanonical({ said }) });
}

/** Entries that the record itself begins with. */
const BEGINNING = 8n;

describe('the record of an orchestrator', async () => {
  const { url } = await startForTest({ publishEvery: 50 });
  const client = ledgerAt(url);
  const signer = await newSigner();

  it('is there from the beginning, signed, with nothing but its own entries', async () => {
    const { url: another } = await startForTest({ publishEvery: 300_000 });
    const record = await ledgerAt(another).getRecord({});
    // The time, four functions, and which credits weigh votes; perhaps the time again.
    expect(record.size).toBeGreaterThanOrEqual(BEGINNING);
    const trusted = valueOf(await trustCheckpoint(policyIn(record), record.checkpoint));
    expect(trusted.checkpoint).toMatchObject({ origin: record.origin, size: 0 });
    const served = await fetch(`${another}/record/checkpoint`);
    expect(new Uint8Array(await served.arrayBuffer())).toEqual(record.checkpoint);
  });

  it('takes an entry, promises its place at once, and gives a receipt once published', async () => {
    const entry = await entryOf(signer, 1);
    const { index, promise, isNew } = await client.submitEntry({ entry });
    expect(isNew).toBe(true);
    const record = await client.getRecord({});
    const promised = valueOf(
      await verifyPromise(valueOf(parseVerifierKey(record.verifierKey)), promise),
    );
    expect(promised.index).toBe(Number(index));
    await until(async () => {
      const { checkpoint } = await client.getRecord({});
      return valueOf(parseCheckpoint(checkpoint)).checkpoint.size > Number(index);
    });
    const { receipt } = await client.getReceipt({ index });
    const proven = valueOf(await verifyReceipt(policyIn(record), receipt));
    expect(proven).toMatchObject({ index: Number(index), id: promised.entry });
    expect(await client.submitEntry({ entry })).toMatchObject({ index, isNew: false });
  });

  it('tells the time before an entry, in the log itself', async () => {
    const before = Date.now();
    const { url: another } = await startForTest({ publishEvery: 50 });
    const its = ledgerAt(another);
    const { index } = await its.submitEntry({ entry: await entryOf(signer, 1) });
    await until(
      async () =>
        valueOf(parseCheckpoint((await its.getRecord({})).checkpoint)).checkpoint.size > index,
    );
    const { checkpoint, verifierKey } = await its.getRecord({});
    const { publicKey } = valueOf(parseVerifierKey(verifierKey));
    const reading = new LogReading(valueOf(agentIdOf(publicKey)));
    const head = valueOf(parseCheckpoint(checkpoint)).checkpoint;
    const tree = valueOf(await LogTree.open(filesAt(another), head));
    const kinds = valueOf(await tree.entries(0)).map(
      (bytes, at) => reading.read(at, valueOf(decodeEntry(bytes)).entry).kind,
    );
    expect(kinds[0]).toBe('time');
    expect(kinds.filter((kind) => kind === 'action')).toHaveLength(Number(BEGINNING) - 1);
    expect(kinds[Number(index)]).toBe('other');
    expect(reading.atMs).toBeGreaterThanOrEqual(before);
    expect(reading.atMs).toBeLessThanOrEqual(Date.now());
  });

  it('serves tiles that any page may keep for ever, and a checkpoint that nobody keeps', async () => {
    const { checkpoint: signed } = await client.getRecord({});
    const { size } = valueOf(parseCheckpoint(signed)).checkpoint;
    const tile = await fetch(`${url}/record/tile/0/000.p/${size}`);
    expect(Object.fromEntries(tile.headers)).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'access-control-allow-origin': '*',
      'content-length': String(size * 32),
    });
    const checkpoint = await fetch(`${url}/record/checkpoint`);
    expect(Object.fromEntries(checkpoint.headers)).toMatchObject({
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
      'content-type': 'text/plain; charset=utf-8',
    });
  });

  it.each([
    ['tile/0/001', 'a tile that there is not'],
    ['tile/0/0', 'no tile at all'],
    ['../record-key.pem', 'a file outside'],
    ['journal', "the writer's own file"],
  ])('has nothing at %s: %s', async (path) => {
    expect((await fetch(`${url}/record/${path}`)).status).toBe(404);
  });

  it('refuses what its owner did not sign, and another entry under a used anchor', async () => {
    const entry = await entryOf(signer, 3);
    await client.submitEntry({ entry });
    const forged = entry.slice();
    forged[forged.byteLength - 1] = (forged.at(-1) ?? 0) ^ 1;
    const codeOf = async (bytes: Uint8Array) => {
      const answer = client.submitEntry({ entry: bytes });
      return failureFromConnect(await answer.catch((cause: unknown) => cause)).code;
    };
    expect(await codeOf(forged)).toBe('signature_invalid');
    expect(await codeOf(await entryOf(signer, 3, 'another'))).toBe('entry_duplicate');
    expect(await codeOf(Uint8Array.of(1, 2, 3))).toBe('input_invalid');
  });

  it('has no receipt of an entry that is not there', async () => {
    const asked = client.getReceipt({ index: 1_000_000n });
    expect(failureFromConnect(await asked.catch((cause: unknown) => cause)).code).toBe(
      'entry_unknown',
    );
  });

  it('limits how many entries come from one address range', async () => {
    const { url: another } = await startForTest({ limitLoopback: true });
    const its = ledgerAt(another);
    const entry = await entryOf(signer, 1);
    const codes = new Set<string>();
    while (!codes.has('rate_limited')) {
      const asked = its.submitEntry({ entry }).then(() => 'taken');
      codes.add(await asked.catch((cause: unknown) => failureFromConnect(cause).code));
    }
    expect([...codes]).toEqual(['taken', 'rate_limited']);
  });
});

describe('a record that is opened again', () => {
  it('goes on with its key, its name and its indexes', async () => {
    const config = testConfig();
    const signer = await newSigner();
    const first = valueOf(await startOrchestrator(config));
    const { index } = await ledgerAt(first.url).submitEntry({ entry: await entryOf(signer, 1) });
    const before = await ledgerAt(first.url).getRecord({});
    await first.close();
    const second = valueOf(await startOrchestrator(config));
    const after = await ledgerAt(second.url).getRecord({});
    const head = valueOf(parseCheckpoint(after.checkpoint)).checkpoint;
    expect(after).toMatchObject({ origin: before.origin, verifierKey: before.verifierKey });
    expect(head.size).toBe(Number(index) + 1);
    const again = await ledgerAt(second.url).submitEntry({ entry: await entryOf(signer, 1) });
    expect(again).toMatchObject({ index, isNew: false });
    await second.close();
    const keyFile = join(first.dataFolder, 'record-key.pem');
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(keyFile, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  });

  it('publishes as it ends what nobody looks at any more: all else has ended', async () => {
    const config = testConfig({ publishEvery: 60_000 });
    const { url, dataFolder, close } = valueOf(await startOrchestrator(config));
    const pins = checkpointFolder(join(dataFolder, 'pins'));
    const { origin } = await ledgerAt(url).getRecord({});
    const seen = await until(async () => valueOf(await pins.load(origin)) ?? false);
    await ledgerAt(url).submitEntry({ entry: await entryOf(await newSigner(), 1) });
    await close();
    const last = readFileSync(join(dataFolder, 'record', 'log', 'checkpoint'));
    expect(valueOf(parseCheckpoint(last)).checkpoint.size).toBeGreaterThan(
      valueOf(parseCheckpoint(seen)).checkpoint.size,
    );
    // A write that began would be done by then, and races whoever removes the folder.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(valueOf(await pins.load(origin))).toEqual(seen);
  });

  it('refuses to sign over a log of another key or name', async () => {
    const config = testConfig();
    const first = valueOf(await startOrchestrator(config));
    await first.close();
    const renamed = await startOrchestrator({ ...config, recordName: 'example.org/record' });
    expect(renamed).toMatchObject({ ok: false, failure: { code: 'storage_failed' } });
    writeFileSync(join(first.dataFolder, 'record-key.pem'), 'none\n');
    const broken = await startOrchestrator(config);
    expect(broken).toMatchObject({ ok: false, failure: { code: 'key_unusable' } });
  });
});
