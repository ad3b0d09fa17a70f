// The SDK against a real orchestrator, and against one that lies.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { openNodeEngine } from '../../execution-machine/node.ts';
import {
  evaluateRecord,
  generateSigningKey,
  httpTiles,
  openNetwork,
} from '../../execution-machine/sdk/index.ts';
import { formatVerifierKey } from '../../ledger/index.ts';
import { startForTest, valueOf, until } from '../volunteer.contract.ts';
import { exampleSource, TALLY } from './functions.contract.ts';

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

/** Hands on what an orchestrator answers, changed. */
async function liarBefore(
  url: string,
  lie: (path: string, body: Record<string, unknown>) => unknown,
): Promise<string> {
  const server = createServer((request, response) => {
    const hand = async (): Promise<void> => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const isPost = request.method === 'POST';
      const asked = isPost ? { method: 'POST', body: new Uint8Array(Buffer.concat(parts)) } : {};
      const answer = await fetch(`${url}${request.url}`, asked);
      const body = (await answer.json()) as Record<string, unknown>;
      response.statusCode = answer.status;
      response.end(JSON.stringify(lie(request.url ?? '', body)));
    };
    void hand();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the SDK', async () => {
  const { url } = await startForTest({ publishEvery: 50 });
  const network = openNetwork(url);
  const key = valueOf(await generateSigningKey({ extractable: false }));

  it('deploys, writes, reads and lists, with a key made on the spot', async () => {
    const deployed = valueOf(await network.deploy({ key, source: exampleSource('poll') }));
    const { function: poll } = deployed;
    expect(valueOf(await network.outcomeOf(deployed.index))).toEqual({
      kind: 'done',
      value: { function: poll },
    });
    const written = valueOf(await network.write({ key, function: poll, action: { choice: 2 } }));
    const outcome = valueOf(await network.outcomeOf(written.index));
    expect(outcome).toEqual({ kind: 'done', value: 'smaller and faster' });
    const row = valueOf(await network.read({ function: poll, key: 'count/2' }));
    expect(row.value).toBe(1);
    const none = valueOf(await network.read({ function: poll, key: 'count/0' }));
    expect(none.value).toBeUndefined();
    const rows = valueOf(await network.list({ function: poll, prefix: 'vote/' }));
    expect(rows.rows).toEqual([{ key: `vote/${key.agent}`, value: 2 }]);
    const wrong = valueOf(await network.write({ key, function: poll, action: { choice: 9 } }));
    expect(valueOf(await network.outcomeOf(wrong.index))).toMatchObject({ kind: 'thrown' });
  });

  it('evaluates the log from its files, and comes to the same', async () => {
    const { function: tally } = valueOf(await network.deploy({ key, source: TALLY }));
    const bytes = Uint8Array.of(0, 255);
    const written = valueOf(await network.write({ key, function: tally, action: { bytes } }));
    const { log } = valueOf(await network.about());
    const engine = valueOf(await openNodeEngine());
    const tiles = httpTiles(`${url}/record/`);
    const evaluate = async () => valueOf(await evaluateRecord({ engine, tiles, log }));
    await until(async () => (await evaluate()).verdict.entryCount > written.index);
    const { verdict, read } = await evaluate();
    expect(verdict.difference).toBeNull();
    const row = valueOf(await network.read({ function: tally, key: 'last' }));
    expect(read({ function: tally, key: 'last' })).toEqual(row.value);
    expect(row.value).toMatchObject({ action: { bytes } });
  });

  it('says what is wrong, in the words of the orchestrator or its own', async () => {
    const unknown = await network.write({ key, function: 'none', action: 1 });
    expect(unknown).toMatchObject({ ok: false, failure: { code: 'function_unknown' } });
    const other = openNetwork(url, { logKey: 'another+00000000+AAAA' });
    const write = await other.write({ key, function: 'none', action: 1 });
    expect(write).toMatchObject({ ok: false, failure: { code: 'checkpoint_untrusted' } });
    const { log } = valueOf(await network.about());
    const same = openNetwork(url, { logKey: formatVerifierKey(log) });
    expect((await same.about()).ok).toBe(true);
    const strange = await openNetwork(`${url}/ipfs`).about();
    expect(strange).toMatchObject({ ok: false, failure: { code: 'input_invalid' } });
    const signal = AbortSignal.abort();
    const canceled = await openNetwork(url, { signal }).about();
    expect(canceled).toMatchObject({ ok: false, failure: { code: 'canceled' } });
  });

  it.each([
    ['a value that the root does not have', { cbor: 'Aw', value: 3 }],
    ['that there is no value', { cbor: null, value: null }],
    ['another root', { root: 'A'.repeat(43) }],
  ])('does not believe an orchestrator that tells %s', async (_, changed) => {
    const { function: tally } = valueOf(await network.deploy({ key, source: TALLY }));
    const lie = await liarBefore(url, (path, body) =>
      path.includes('/state') ? { ...body, ...changed } : body,
    );
    const of = { function: tally, key: `of/${key.agent}` };
    expect((await network.read(of)).ok).toBe(true);
    const read = await openNetwork(lie).read(of);
    expect(read).toMatchObject({ ok: false, failure: { code: 'bytes_mismatch' } });
  });

  it('takes no promise of another entry', async () => {
    const { function: tally } = valueOf(await network.deploy({ key, source: TALLY }));
    let former: unknown = null;
    const lie = await liarBefore(url, (path, body) => {
      if (!path.endsWith(tally)) return body;
      const promise = former ?? body['promise'];
      former ??= body['promise'];
      return { ...body, promise };
    });
    const lying = openNetwork(lie);
    expect((await lying.write({ key, function: tally, action: 1 })).ok).toBe(true);
    const second = await lying.write({ key, function: tally, action: 1 });
    expect(second).toMatchObject({ ok: false, failure: { code: 'proof_invalid' } });
  });
});
