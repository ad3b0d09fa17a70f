import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { encodeBase64url } from '../../integrity/index.ts';
import { must } from '../../ledger/example-log.contract.ts';
import { memoryLogStore, noteKeyOf } from '../../ledger/index.ts';
import { openFolderLogStore } from '../../ledger/node.ts';
import { ann, ExampleRecord, logSigner } from '../verify/example-record.contract.ts';
import { folderTarget } from './folder-target.ts';
import { restoreLog } from './restore-log.ts';

const ENTRIES = 600;
const folder = await mkdtemp(join(tmpdir(), 'killed-conveyor-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const store = must(await openFolderLogStore(join(folder, 'log')));
const record = await ExampleRecord.begin(store);
while (record.size < ENTRIES) await record.count(ann);
await record.publish();
await record.close();

it.each([
  ['archives all, and nothing twice', '', 1],
  ['does so too where a piece was refused until then', '256', 3],
])(
  'a conveyor that is killed at each of its steps %s',
  { timeout: 600_000 },
  async (_, refusedFirst, stride) => {
    const undisturbed = await archiveWith(0, refusedFirst);
    expect(undisturbed).toMatchObject({ signal: null, code: 0 });
    const steps = undisturbed.told.at(-1)?.steps ?? 0;
    expect(steps).toBeGreaterThan(20);
    const lanes = [1, 2].map(async (lane) => {
      for (let dieAt = lane; dieAt <= steps; dieAt += 2 * stride) {
        const killed = await archiveWith(dieAt, refusedFirst);
        expect({ dieAt, signal: killed.signal }).toEqual({ dieAt, signal: 'SIGKILL' });
        const ended = await archive(killed.bench, 0);
        expect({ dieAt, code: ended.code }).toEqual({ dieAt, code: 0 });
        const posts = [...killed.told, ...ended.told].flatMap(({ posted }) => posted ?? []);
        await expectWhole(killed.bench, { posts, dieAt });
      }
    });
    await Promise.all(lanes);
  },
);

type Told = { posted?: string; confirmedSize?: number; steps?: number };

/** A new archive of the same log, whose conveyor dies at a step. */
async function archiveWith(dieAt: number, refusedFirst: string) {
  const bench = await mkdtemp(join(folder, 'bench-'));
  await cp(join(folder, 'log', 'log'), join(bench, 'record', 'log'), { recursive: true });
  return { bench, ...(await archive(bench, dieAt, refusedFirst)) };
}

async function archive(bench: string, dieAt: number, refusedFirst = '') {
  const script = new URL('archiving-process.contract.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, bench, String(dieAt), refusedFirst], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (...end) => resolve(end)),
  );
  const lines = text.split('\n').slice(0, -1);
  return { code, signal, told: lines.map((line) => JSON.parse(line) as Told) };
}

async function expectWhole(
  bench: string,
  { posts, dieAt }: { readonly posts: readonly string[]; readonly dieAt: number },
): Promise<void> {
  const logKey = encodeBase64url(logSigner.signer.publicKey);
  const names = await readdir(join(bench, 'archive', logKey));
  const pieces = names.filter((name) => !name.endsWith('.tmp'));
  expect({ dieAt, count: pieces.length }).toEqual({ dieAt, count: 3 });
  // A post that was cut off may be made again: of the same item, and before it was answered.
  expect(posts.length).toBeLessThanOrEqual(4);
  expect(new Set(posts).size).toBe(3);
  const target = folderTarget(join(bench, 'archive'));
  const { signal } = new AbortController();
  const log = noteKeyOf(logSigner);
  const restored = must(await restoreLog({ target, log, store: memoryLogStore(), signal }));
  expect({ dieAt, size: restored.size, refused: restored.refusedCount }).toEqual({
    dieAt,
    size: ENTRIES,
    refused: 0,
  });
}
