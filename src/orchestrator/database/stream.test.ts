import { createServer, connect, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentId, JobId } from '../../domain/ids.ts';
import type { Outcome } from '../../domain/outcome.ts';
import { parseDatabaseAddress, type DatabaseAddress } from './database-address.ts';
import { membersOf } from './members.ts';
import { readEvents, readStream } from './stream-reader.ts';
import { saveStreamSnapshot } from './stream-snapshot.ts';
import { streamWriter, type StreamBatch, type StreamWriter } from './stream-writer.ts';
import {
  certain,
  makeTestDatabase,
  TEST_POSTGRES,
  untilSo,
  type TestDatabase,
} from './test-database.contract.ts';

const JOB = 'job_00000000000000000000000001' as JobId;
const AGENT = 'agent' as AgentId;

describe.skipIf(TEST_POSTGRES === null)('the stream of a member', () => {
  let test: TestDatabase;
  let stream: number;
  let writers: StreamWriter[];
  beforeEach(async () => {
    test = await makeTestDatabase();
    stream = certain(await membersOf(test.database).join({ name: '', url: '', seed: 1 })).epoch;
    writers = [];
  });
  afterEach(async () => {
    await Promise.all(writers.map((writer) => writer.close()));
    await test.drop();
  });

  const openWriter = async (address: DatabaseAddress = test.address): Promise<StreamWriter> => {
    const content = certain(await readStream(test.database, stream));
    const writer = streamWriter(address, { member: stream, stream, ...content });
    writers.push(writer);
    return writer;
  };

  const events = async (from = 0): Promise<readonly string[]> => {
    const all: string[] = [];
    for await (const some of readEvents(test.database, { stream, from })) {
      all.push(...certain(some));
    }
    return all;
  };

  it('gives back what was appended, in order, and goes on where it ended', async () => {
    const writer = await openWriter();
    certain(await writer.append(batch(['a', 'b'])));
    certain(await writer.append(batch([])));
    certain(await writer.append(batch(['c'])));
    const next = await openWriter();
    certain(await next.append(batch(['d'])));
    expect(await events()).toEqual(['a', 'b', 'c', 'd']);
    expect(await events(1)).toEqual(['b', 'c', 'd']);
    expect(await events(4)).toEqual([]);
  });

  it('keeps the outputs of many reports apart', async () => {
    const writer = await openWriter();
    const bodies = [bytes(1, 2, 3), bytes(), bytes(4), bytes(5, 6)];
    const reports = bodies.map((body, index) => ({
      job: JOB,
      agent: AGENT,
      leases: [2 * index, 2 * index + 1],
      body,
    }));
    certain(await writer.append({ ...batch(['a']), reports: reports.slice(0, 3) }));
    certain(await writer.append({ ...batch([]), reports: reports.slice(3) }));
    const stored = await test.database.read<{ report: number; leases: string; body: Uint8Array }>(
      'SELECT report, leases, body FROM reports WHERE stream = $1 ORDER BY report',
      [stream],
    );
    expect(certain(stored).map(({ body, ...rest }) => ({ ...rest, body: [...body] }))).toEqual(
      reports.map(({ leases, body }, report) => {
        return { report, leases: JSON.stringify(leases), body: [...body] };
      }),
    );
    expect(certain(await readStream(test.database, stream)).reportCount).toBe(4);
  });

  it('appends nothing where one part fails', async () => {
    const writer = await openWriter();
    const others = [{ text: 'INSERT INTO kept (name, value) VALUES ($1, NULL)', values: ['x'] }];
    const reports = [{ job: JOB, agent: AGENT, leases: [1], body: bytes(1) }];
    await expect(writer.append({ events: ['a'], reports, others })).rejects.toThrow('null value');
    certain(await writer.append(batch(['b'])));
    expect(await events()).toEqual(['b']);
  });

  it('takes nothing more once another adopted it, and says so', async () => {
    const writer = await openWriter();
    certain(await writer.append(batch(['a'])));
    const members = membersOf(test.database);
    const heir = certain(await members.join({ name: '', url: '', seed: 1 })).epoch;
    certain(await members.leave(stream));
    certain(await members.adopt(stream, heir));
    expect(await writer.append(batch(['b']))).toMatchObject({
      failure: { code: 'member_fenced' },
    });
    const content = certain(await readStream(test.database, stream));
    const ward = streamWriter(test.address, { member: heir, stream, ...content });
    writers.push(ward);
    certain(await ward.append(batch(['c'])));
    expect(await events()).toEqual(['a', 'c']);
  });

  it('gives up at once where the database was never reached', async () => {
    const nowhere = certain(parseDatabaseAddress('postgres://x:secret@127.0.0.1:1/none'));
    const refused = await (await openWriter(nowhere)).append(batch(['a']));
    expect(refused).toMatchObject({ failure: { code: 'storage_failed' } });
    expect(JSON.stringify(refused)).toContain('Start it, or check --database');
    expect(JSON.stringify(refused)).not.toContain('secret');
  });

  it('appends once what was committed and lost its answer', async () => {
    const proxy = await answerLosingProxy(test.address);
    try {
      const writer = await openWriter(proxy.address);
      certain(await writer.append(batch(['a'])));
      proxy.loseAnswers();
      const reports = [{ job: JOB, agent: AGENT, leases: [7], body: bytes(1) }];
      let settled = false;
      const appended = writer.append({ ...batch(['b', 'c']), reports });
      void appended.finally(() => (settled = true));
      await untilSo('it is committed', async () => (await events()).length === 3);
      expect(settled).toBe(false);
      await proxy.breakConnections();
      expect(await appended).toEqual({ ok: true, value: undefined });
      certain(await writer.append(batch(['d'])));
      expect(await events()).toEqual(['a', 'b', 'c', 'd']);
      expect(certain(await readStream(test.database, stream)).reportCount).toBe(1);
    } finally {
      await proxy.close();
    }
  });

  it('puts a snapshot in the place of the events it covers', async () => {
    const writer = await openWriter();
    for (const text of ['a', 'b', 'c']) certain(await writer.append(batch([text, `${text}2`])));
    const state = new Uint8Array(3_000_000).map((_, index) => index % 251);
    const as = { member: stream, stream };
    const save = (eventCount: number) => {
      const snapshot = { eventCount, tasksAccepted: 5, bytes: state };
      return saveStreamSnapshot(test.database, as, snapshot);
    };
    certain(await save(2));
    // Between two events of one commit.
    certain(await save(5));
    const content = certain(await readStream(test.database, stream));
    expect(content).toMatchObject({ eventCount: 6, snapshot: { eventCount: 5, tasksAccepted: 5 } });
    expect(Buffer.compare(content.snapshot?.bytes ?? bytes(), state)).toBe(0);
    expect(await events(5)).toEqual(['c2']);
    certain(await save(6));
    expect(await events(6)).toEqual([]);
    expect(certain(await readStream(test.database, stream)).eventCount).toBe(6);
    const next = await openWriter();
    certain(await next.append(batch(['d'])));
    expect(await events(6)).toEqual(['d']);
  });

  it('refuses a snapshot that is not what was written, and a log with a hole', async () => {
    const writer = await openWriter();
    for (const text of ['a', 'b', 'c']) certain(await writer.append(batch([text])));
    certain(await test.database.read('DELETE FROM events WHERE seq = 1'));
    const read: Outcome<readonly string[]>[] = [];
    for await (const some of readEvents(test.database, { stream, from: 0 })) read.push(some);
    expect(read.at(-1)).toMatchObject({ failure: { code: 'storage_failed' } });
    const snapshot = { eventCount: 3, tasksAccepted: 0, bytes: bytes(1, 2, 3) };
    certain(await saveStreamSnapshot(test.database, { member: stream, stream }, snapshot));
    certain(await test.database.read(`UPDATE snapshot_chunks SET body = 'abd'`));
    expect(await readStream(test.database, stream)).toMatchObject({
      failure: { code: 'storage_failed' },
    });
  });
});

function batch(events: readonly string[]): StreamBatch {
  return { events, reports: [], others: [] };
}

function bytes(...values: number[]): Uint8Array {
  return new Uint8Array(values);
}

/** A way to the server on which answers can be lost. */
async function answerLosingProxy(to: DatabaseAddress) {
  const target = new URL(to.url);
  const sockets = new Set<Socket>();
  let losing = false;
  const server: Server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) sockets.add(socket.on('error', () => {}));
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => losing || near.write(chunk));
    near.on('close', () => far.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = new URL(to.url);
  url.port = String(address.port);
  const breakConnections = async (): Promise<void> => {
    losing = false;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    address: certain(parseDatabaseAddress(url.href)),
    loseAnswers: () => void (losing = true),
    breakConnections,
    async close() {
      await breakConnections();
      server.close();
    },
  };
}
