import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  decodeStateProof,
  LogReading,
  networkFunctions,
  verifyState,
} from '../../execution-machine/index.ts';
import {
  agentIdOf,
  decodeBase64url,
  decodeCanonical,
  encodeCanonical,
} from '../../integrity/index.ts';
import {
  decodeEntry,
  LogTree,
  parseCheckpoint,
  parseVerifierKey,
  verifyPromise,
  type TileReader,
} from '../../ledger/index.ts';
import { failureFromConnect, OutcomeKind } from '../../wire/index.ts';
import { startOrchestrator } from '../orchestrator.ts';
import { startForTest, testConfig, valueOf, until } from '../volunteer.contract.ts';
import {
  actionOf,
  deploymentOf,
  getJson,
  newSigner,
  postEntry,
  servicesOf,
  TALLY,
} from './functions.contract.ts';

/** An action of seconds, up to half a minute, that gas does not see: a thousand long joins. */
const SLOW = `export function handle() {
  const big = new Array(65000).fill(12345);
  ${'big.join().length;'.repeat(1_000)}
}`;

describe('functions over HTTP', async () => {
  const { url } = await startForTest({ publishEvery: 50 });
  const { functions, ledger } = servicesOf(url);
  const ann = await newSigner();
  const { id, body } = deploymentOf(TALLY);

  it('are deployed and written by whoever has a key, with a promise at once', async () => {
    const deployed = await postEntry(
      url,
      'deploy',
      await actionOf(ann, { function: 'deploy', body }),
    );
    expect(deployed).toMatchObject({ status: 202, index: expect.any(Number) });
    const entry = await actionOf(ann, { function: id, body: 'hello' });
    const written = await postEntry(url, id, entry);
    const { verifierKey } = await ledger.getRecord({});
    const promise = new TextEncoder().encode(String(written['promise']));
    const promised = valueOf(await verifyPromise(valueOf(parseVerifierKey(verifierKey)), promise));
    expect(promised).toMatchObject({ index: written['index'], entry: written['entry'] });
    const outcome = await getJson(`${url}/fn/${id}/outcome?index=${written['index']}`);
    expect(outcome).toMatchObject({ status: 200, kind: 'done', value: 1 });
    // The same bytes again are the same entry, and no second action.
    expect(await postEntry(url, id, entry)).toMatchObject({ index: written['index'] });
    expect(await getJson(`${url}/fn/${id}/outcome?index=${written['index']}`)).toEqual(outcome);
  });

  it('tell a value with a proof that a client checks', async () => {
    const caller = valueOf(agentIdOf(ann.publicKey));
    const read = await getJson(`${url}/fn/${id}/state?key=of/${caller}`);
    expect(read).toMatchObject({ status: 200, key: `of/${caller}`, value: 1 });
    const bytesOf = (name: string) => decodeBase64url(String(read[name])) ?? new Uint8Array();
    const value = valueOf(decodeCanonical(bytesOf('cbor')));
    const proof = valueOf(decodeStateProof(bytesOf('proof')));
    const claim = { function: id, key: `of/${caller}`, value };
    expect(verifyState(bytesOf('root'), claim, proof).ok).toBe(true);
    expect(verifyState(bytesOf('root'), { ...claim, value: 2 }, proof).ok).toBe(false);
    const none = await getJson(`${url}/fn/${id}/state?key=none`);
    expect(none).toMatchObject({ status: 200, value: null, cbor: null });
  });

  it('tell bytes as DAG-JSON has them', async () => {
    const { value } = await getJson(`${url}/fn/${id}/state?key=last`);
    expect(value).toMatchObject({ action: 'hello', bytes: { '/': { bytes: 'AQL/' } } });
  });

  it('list rows page by page', async () => {
    const first = await getJson(`${url}/fn/${id}/state?prefix=&limit=1`);
    expect(first).toMatchObject({ rows: [{ key: 'last' }], next: 'last' });
    const second = await getJson(`${url}/fn/${id}/state?prefix=&limit=2&after=last`);
    expect(second).toMatchObject({ rows: [{ value: 1 }], next: null });
  });

  it('are open to pages of other origins', async () => {
    const asked = await fetch(`${url}/fn/${id}`, { method: 'OPTIONS' });
    expect(asked.status).toBe(204);
    expect(Object.fromEntries(asked.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'content-type',
    });
    const read = await fetch(`${url}/fn/${id}/state?key=last`);
    expect(read.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('refuse what is wrong before it is in the log, and say how to mend it', async () => {
    const before = (await ledger.getRecord({})).size;
    const unknown = `b${'a'.repeat(58)}`;
    const signed = (of: { function: string; body: string | null }) => actionOf(ann, of);
    const forged = await signed({ function: id, body: 'hello' });
    forged[forged.byteLength - 1] = (forged.at(-1) ?? 0) ^ 1;
    const refused = [
      [id, forged, 401, 'signature_invalid'],
      [id, Uint8Array.of(1, 2, 3), 400, 'input_invalid'],
      [id, await signed({ function: unknown, body: 'hello' }), 400, 'input_invalid'],
      [id, new Uint8Array(70_000), 400, 'limit_exceeded'],
      [unknown, await signed({ function: unknown, body: 'x' }), 404, 'function_unknown'],
      ['deploy', await signed({ function: 'deploy', body: 'x' }), 400, 'input_invalid'],
      ['upgrade', await signed({ function: 'upgrade', body: 'x' }), 400, 'input_invalid'],
      [id, await signed({ function: id, body: 'loop' }), 400, 'limit_exceeded'],
    ] as const;
    for (const [to, entry, status, code] of refused) {
      const answer = await postEntry(url, to, entry);
      expect(answer).toMatchObject({ status, code, message: expect.stringMatching(/\. .+\.$/) });
    }
    for (const path of ['x/y', `${id}/none`, `${id}/state/more`, 'UPPER/state?key=x']) {
      expect((await getJson(`${url}/fn/${path}`)).status).toBe(404);
    }
    const asked = [`state?prefix=&limit=257`, `outcome?index=x`, `state?key=${'k'.repeat(257)}`];
    for (const path of asked) expect((await getJson(`${url}/fn/${id}/${path}`)).status).toBe(400);
    const { size } = await ledger.getRecord({});
    // Nothing but what the log wrote of itself meanwhile.
    expect(Number(size - before)).toBeLessThan(refused.length);
  });

  it('keep what threw in the log, with what it said', async () => {
    const written = await postEntry(url, id, await actionOf(ann, { function: id, body: 'throw' }));
    expect(written['status']).toBe(202);
    const outcome = await functions.getOutcome({ index: BigInt(Number(written['index'])) });
    expect(outcome).toMatchObject({ kind: OutcomeKind.THROWN, detail: 'as you wish' });
  });

  it('answer the same over RPC', async () => {
    const { source, code, governance } = await functions.getFunction({ functionId: id });
    expect({ source, governance }).toEqual({ source: TALLY, governance: '' });
    expect(code).toMatch(/^b[a-z2-7]{58}$/);
    const read = await functions.readState({ functionId: id, key: 'none' });
    expect(read.value).toHaveLength(0);
    const proof = valueOf(decodeStateProof(read.proof));
    const claim = { function: id, key: 'none', value: undefined };
    expect(verifyState(read.head?.root ?? new Uint8Array(), claim, proof).ok).toBe(true);
    const list = await functions.listState({ functionId: id, prefix: 'of/', pageSize: 1 });
    expect(list.rows.map(({ value }) => value)).toEqual([encodeCanonical(1)]);
    const last = await functions.listState({ functionId: id, pageToken: list.nextPageToken });
    expect(last.rows).toEqual([]);
    const failures = [
      functions.getFunction({ functionId: 'none' }),
      functions.getOutcome({ index: 9_999n }),
    ];
    const codes = failures.map(
      async (asked) => failureFromConnect(await asked.catch((cause: unknown) => cause)).code,
    );
    expect(await Promise.all(codes)).toEqual(['function_unknown', 'outcome_unknown']);
  });

  it("are the network's own too, under the ids that the log's key gives", async () => {
    const { functions: named, verifierKey } = await ledger.getRecord({});
    const { publicKey } = valueOf(parseVerifierKey(verifierKey));
    const network = networkFunctions(valueOf(agentIdOf(publicKey)));
    const ids = named.map(({ functionId }) => functionId);
    expect(ids).toEqual(
      ['governance', 'credits', 'standing', 'registry'].map((name) => {
        return network[name as 'credits'].id;
      }),
    );
    const { source } = await functions.getFunction({ functionId: network.credits.id });
    expect(source).toBe(network.credits.source);
    const about = await getJson(`${url}/fn/`);
    const told = named.map(({ name, functionId }) => ({ name, id: functionId }));
    expect(about).toMatchObject({ status: 200, verifierKey, functions: told });
    const founded = await getJson(`${url}/fn/${network.governance.id}/state?key=credits`);
    expect(founded['value']).toBe(network.credits.id);
  });

  it('put the root of their state back into the log', async () => {
    const reading = new LogReading(valueOf(agentIdOf(await logKeyOf(url))));
    const isClaimed = async (): Promise<boolean> => {
      const tree = await treeOf(url);
      const entries = valueOf(await tree.entries(0));
      const { root, size } = await getJson(`${url}/fn/${id}/state?key=last`);
      const state = decodeBase64url(String(root));
      return entries.some((bytes, at) => {
        const read = reading.read(at, valueOf(decodeEntry(bytes)).entry);
        if (read.kind !== 'root' || read.claim.index >= Number(size)) return false;
        return Buffer.from(read.claim.root).equals(state ?? Buffer.alloc(0));
      });
    };
    await until(isClaimed);
    expect(await isClaimed()).toBe(true);
  });

  it('never take what is slow into the log, and go on for others', async () => {
    const slow = deploymentOf(SLOW);
    const deployment = await actionOf(ann, { function: 'deploy', body: slow.body });
    expect((await postEntry(url, 'deploy', deployment))['status']).toBe(202);
    const entry = await actionOf(ann, { function: slow.id, body: 1 });
    const refused = await postEntry(url, slow.id, entry);
    expect(refused).toMatchObject({ status: 400, code: 'action_slow' });
    // At once, without a second trial.
    expect(await postEntry(url, slow.id, entry)).toMatchObject({ code: 'action_slow' });
    const read = await getJson(`${url}/fn/${id}/state?key=last`);
    expect(read['status']).toBe(200);
    await until(async () => {
      const other = await actionOf(ann, { function: id, body: 'still here' });
      return (await postEntry(url, id, other))['status'] === 202;
    });
  });
});

describe('functions that are opened again', () => {
  it('go on from their snapshot, and without it come to the same', async () => {
    const config = testConfig({ publishEvery: 50 });
    const ann = await newSigner();
    const { id, body } = deploymentOf(TALLY);
    const first = valueOf(await startOrchestrator(config));
    await postEntry(first.url, 'deploy', await actionOf(ann, { function: 'deploy', body }));
    const written = await postEntry(first.url, id, await actionOf(ann, { function: id, body: 1 }));
    const path = `fn/${id}/outcome?index=${written['index']}`;
    const outcome = await getJson(`${first.url}/${path}`);
    expect(outcome).toMatchObject({ kind: 'done', value: 1 });
    const stateOf = async (url: string) => {
      const { value, root } = await getJson(`${url}/fn/${id}/state?key=last`);
      return { value, root };
    };
    const state = await stateOf(first.url);
    await first.close();
    const snapshot = join(first.dataFolder, 'functions/state.snapshot');
    const changes: (() => void)[] = [
      () => {},
      () => rmSync(snapshot),
      () => writeFileSync(snapshot, 'none'),
      () => writeFileSync(snapshot, readFileSync(snapshot).subarray(0, -9)),
    ];
    for (const change of changes) {
      change();
      const again = valueOf(await startOrchestrator(config));
      await until(async () => (await getJson(`${again.url}/${path}`))['status'] === 200);
      expect(await getJson(`${again.url}/${path}`)).toEqual(outcome);
      expect(await stateOf(again.url)).toEqual(state);
      await again.close();
    }
  });

  it('use no snapshot of another record', async () => {
    const config = testConfig({ publishEvery: 50 });
    const first = valueOf(await startOrchestrator(config));
    await until(async () => (await getJson(`${first.url}/fn/x/state?key=x`))['size'] !== 0);
    await first.close();
    for (const name of ['record', 'record-key.pem']) {
      rmSync(join(first.dataFolder, name), { recursive: true });
    }
    const second = valueOf(await startOrchestrator(config));
    const { functions, ledger } = servicesOf(second.url);
    const [governance] = (await ledger.getRecord({})).functions;
    const functionId = governance?.functionId ?? '';
    const isThere = () => functions.getFunction({ functionId }).then(Boolean, () => false);
    await until(isThere);
    expect(await isThere()).toBe(true);
    await second.close();
  });
});

async function logKeyOf(url: string): Promise<Uint8Array> {
  const { verifierKey } = await servicesOf(url).ledger.getRecord({});
  return valueOf(parseVerifierKey(verifierKey)).publicKey;
}

async function treeOf(url: string): Promise<LogTree> {
  const { checkpoint } = await servicesOf(url).ledger.getRecord({});
  const files: TileReader = {
    async read(path) {
      const answer = await fetch(`${url}/record/${path}`);
      return { ok: true, value: new Uint8Array(await answer.arrayBuffer()) };
    },
  };
  return valueOf(await LogTree.open(files, valueOf(parseCheckpoint(checkpoint)).checkpoint));
}
