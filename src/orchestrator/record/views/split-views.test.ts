// An orchestrator that shows some people another history than others, against witnesses and a
// client. All are real: processes' worth of orchestrators over HTTP, each with its own data folder.
import { readFileSync, writeFileSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  encodeCanonical,
  generateSigningKey,
  messageSignerOf,
  type MessageSigner,
} from '../../../integrity/index.ts';
import {
  LogTree,
  cosignatureState,
  decodeForkProof,
  formatAddCheckpoint,
  formatVerifierKey,
  parseCheckpoint,
  parseVerifierKey,
  provesFork,
  signEntry,
  trustCheckpoint,
  verifierKeyOf,
  verifyReceipt,
  type Policy,
} from '../../../ledger/index.ts';
import { startOrchestrator, type RunningOrchestrator } from '../../orchestrator.ts';
import { freshFolder, startForTest, testConfig, valueOf, until } from '../../volunteer.contract.ts';
import { filesAt, ledgerAt, policyIn } from '../record-client.contract.ts';

async function newSigner(): Promise<MessageSigner> {
  return messageSignerOf(valueOf(await generateSigningKey({ extractable: false })));
}

async function submit(url: string, signer: MessageSigner, said: string): Promise<bigint> {
  const anchor = crypto.getRandomValues(new Uint8Array(32));
  const draft = { target: null, anchor, tags: [], body: encodeCanonical({ said }) };
  const { index } = await ledgerAt(url).submitEntry({ entry: await signEntry(signer, draft) });
  return index;
}

/** The key of a record, as a log and as a witness. */
async function keysOf(url: string) {
  const { origin, verifierKey } = await ledgerAt(url).getRecord({});
  const log = valueOf(parseVerifierKey(verifierKey));
  const { publicKey } = log;
  return { log, witness: valueOf(verifierKeyOf({ name: origin, type: 'cosignature', publicKey })) };
}

function policyFile(text: string): string {
  const path = join(freshFolder(), 'policy');
  writeFileSync(path, text);
  return path;
}

async function headOf(url: string) {
  return valueOf(parseCheckpoint((await ledgerAt(url).getRecord({})).checkpoint));
}

/** The last checkpoint of an orchestrator that has ended. */
function headIn(dataFolder: string) {
  const bytes = new Uint8Array(readFileSync(join(dataFolder, 'record/log/checkpoint')));
  return valueOf(parseCheckpoint(bytes));
}

/** A checkpoint with this entry that the policy follows: the newest is cosigned a moment later. */
async function cosignedHead(of: { url: string; policy: Policy; index: bigint }) {
  return until(async () => {
    const head = await headOf(of.url);
    const trusted = await trustCheckpoint(of.policy, head.bytes);
    return trusted.ok && head.checkpoint.size > of.index && { ...head, trusted: trusted.value };
  });
}

/** The receipt of an entry, once it leads to a checkpoint that the policy follows. */
async function cosignedReceipt(of: { url: string; policy: Policy; index: bigint }) {
  return until(async () => {
    const { receipt } = await ledgerAt(of.url).getReceipt({ index: of.index });
    const verified = await verifyReceipt(of.policy, receipt);
    return verified.ok && verified.value;
  });
}

const QUICK = { publishEvery: 50, creditEvery: 50 } as const;

describe('a record with two witnesses', { timeout: 120_000 }, () => {
  it('is cosigned by both, and caught when it shows another history', async () => {
    // The log is there first: its witnesses follow no other.
    const config = testConfig(QUICK);
    const first = valueOf(await startOrchestrator(config));
    const { log } = await keysOf(first.url);
    const signer = await newSigner();
    await submit(first.url, signer, 'one');
    await first.close();

    const watch = policyFile(`log ${formatVerifierKey(log)}\nquorum none\n`);
    const witnessFolders = [freshFolder(), freshFolder()];
    const witnesses: RunningOrchestrator[] = [];
    for (const home of witnessFolders) {
      witnesses.push(await startForTest({ ...QUICK, home, recordPolicy: watch }));
    }
    const lines = await Promise.all(
      witnesses.map(async ({ url }, at) => {
        return `witness w${at} ${formatVerifierKey((await keysOf(url)).witness)} ${url}/record\n`;
      }),
    );
    const recordPolicy = policyFile(`${lines.join('')}group both all w0 w1\nquorum both\n`);
    const honest = valueOf(await startOrchestrator({ ...config, recordPolicy }));
    const index = await submit(honest.url, signer, 'two');

    // A client holds on to the policy, and needs both.
    const policy = policyIn(await ledgerAt(honest.url).getRecord({}));
    const seen = await cosignedHead({ url: honest.url, policy, index });
    expect([...seen.trusted.cosigners.keys()]).toEqual(['w0', 'w1']);
    const receipt = await cosignedReceipt({ url: honest.url, policy, index });
    expect(receipt.index).toBe(Number(index));
    await honest.close();
    const last = headIn(first.dataFolder);

    // The same operator with a copy of its folder without that record, who now tells others another
    // story, under the same key.
    const forkedData = join(freshFolder(), 'data');
    await cp(first.dataFolder, forkedData, { recursive: true });
    await rm(join(forkedData, 'record'), { recursive: true });
    await rm(join(forkedData, 'pins'), { recursive: true });
    const forked = valueOf(await startOrchestrator({ ...config, data: forkedData, recordPolicy }));
    await until(async () => {
      await submit(forked.url, signer, 'another story');
      return (await headOf(forked.url)).checkpoint.size > last.checkpoint.size;
    });
    const lie = await headOf(forked.url);
    expect(lie.checkpoint.origin).toBe(seen.checkpoint.origin);

    // Asked in the form that it must have, a witness says that it does not follow.
    const tree = valueOf(await LogTree.open(filesAt(forked.url), lie.checkpoint));
    const ask = async (url: string, oldSize: number): Promise<Response> => {
      const hashes = valueOf(await tree.consistencyProof(oldSize));
      const body = new Uint8Array(formatAddCheckpoint({ oldSize, hashes, signed: lie }));
      return fetch(`${url}/record/add-checkpoint`, { method: 'POST', body });
    };
    for (const { url } of witnesses) {
      const answer = await ask(url, last.checkpoint.size);
      // It may have cosigned less, and then says how much.
      const isAtOther = answer.status === 409;
      const asked = isAtOther ? await ask(url, Number(await answer.text())) : answer;
      expect(asked.status).toBe(422);
    }

    // No witness cosigns it, so that no client with the policy follows it.
    const { witnesses: views } = await ledgerAt(forked.url).getRecord({});
    expect(views.map(({ cosignedSize }) => cosignedSize)).toEqual([0n, 0n]);
    for (const { witness } of await Promise.all(witnesses.map(({ url }) => keysOf(url)))) {
      expect(await cosignatureState(witness, lie.note)).toEqual({ kind: 'absent' });
    }
    expect(await trustCheckpoint(policy, lie.bytes)).toMatchObject({
      failure: { code: 'checkpoint_untrusted' },
    });

    // The client shows the forked orchestrator what it saw: the contradiction is a proof that
    // anybody verifies with the log's key, and it stays to be seen.
    const answered = await ledgerAt(forked.url).gossipCheckpoints({ checkpoints: [seen.bytes] });
    const [proof] = answered.forkProofs;
    expect(await provesFork(log, valueOf(decodeForkProof(proof ?? new Uint8Array())))).toBe(true);
    const stranger = { ...log, publicKey: (await newSigner()).publicKey };
    expect(await provesFork(stranger, valueOf(decodeForkProof(proof!)))).toBe(false);
    await forked.close();
    const again = valueOf(await startOrchestrator({ ...config, data: forkedData, recordPolicy }));
    expect((await ledgerAt(again.url).getRecord({})).forkProofs).toEqual([proof]);
    await again.close();
  });

  it('shows two roots for one size to a witness, which keeps the proof', async () => {
    const config = testConfig(QUICK);
    const first = valueOf(await startOrchestrator(config));
    const { log } = await keysOf(first.url);
    await first.close();
    const watch = policyFile(`log ${formatVerifierKey(log)} http://127.0.0.1:9/\nquorum none\n`);
    const witness = await startForTest({ ...QUICK, recordPolicy: watch });
    const add = (checkpoint: Uint8Array) =>
      ledgerAt(witness.url).gossipCheckpoints({ checkpoints: [checkpoint] });
    const headOfCopy = async (said: string) => {
      const data = join(freshFolder(), 'data');
      await cp(first.dataFolder, data, { recursive: true });
      const running = valueOf(await startOrchestrator({ ...config, data }));
      await submit(running.url, await newSigner(), said);
      await running.close();
      return headIn(data);
    };
    const one = await headOfCopy('one');
    // What an orchestrator notes by itself depends on how long it ran: another, of the same size.
    const two = await until(async () => {
      const head = await headOfCopy('two');
      return head.checkpoint.size === one.checkpoint.size && head;
    });
    expect((await add(one.bytes)).forkProofs).toEqual([]);
    const [proof] = (await add(two.bytes)).forkProofs;
    expect(await provesFork(log, valueOf(decodeForkProof(proof ?? new Uint8Array())))).toBe(true);
  });

  it('answers as a witness what it cannot cosign', async () => {
    const { url } = await startForTest(QUICK);
    const ask = async (body: string): Promise<number> =>
      (await fetch(`${url}/record/add-checkpoint`, { method: 'POST', body })).status;
    expect(await ask('none')).toBe(400);
    expect(await ask('x'.repeat(100_000))).toBe(400);
    const { checkpoint } = await ledgerAt(url).getRecord({});
    // Its own log is none that it cosigns.
    expect(await ask(`old 0\n\n${new TextDecoder().decode(checkpoint)}`)).toBe(404);
    expect((await fetch(`${url}/record/add-checkpoint`)).status).toBe(404);
  });
});
