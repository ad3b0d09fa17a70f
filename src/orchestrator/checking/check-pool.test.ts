import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { LeaseNumber } from '../../scheduler/index.ts';
import { succeed } from '../../domain/outcome.ts';
import { memoryBlocks } from '../../data/index.ts';
import { lineLogger } from '../logger.ts';
import { floats, freshFolder } from '../volunteer.contract.ts';
import type { CheckOrder } from './check-message.ts';
import { checkPool, type CheckPool } from './check-pool.ts';

const pools: CheckPool[] = [];
afterAll(async () => void (await Promise.all(pools.map((pool) => pool.close()))));

const folder = freshFolder();
const realEntry = new URL('../../../workers/check-node.worker.ts', import.meta.url);
let entries = 0;

/** An entry that dies `deaths` times, by a mark on the disk, and then serves. */
function dyingEntry(deaths: number): URL {
  entries += 1;
  const path = join(folder, `${entries}.mjs`);
  writeFileSync(
    path,
    `import { existsSync, appendFileSync, readFileSync } from 'node:fs';
    import { parentPort } from 'node:worker_threads';
    const mark = ${JSON.stringify(`${path}.died`)};
    const died = existsSync(mark) ? readFileSync(mark).length : 0;
    if (died < ${deaths}) {
      parentPort.once('message', () => {
        appendFileSync(mark, 'x');
        process.exit(1);
      });
    } else await import(${JSON.stringify(realEntry.href)});`,
  );
  return pathToFileURL(path);
}

/** An entry that marks each of its starts on the disk. */
function markingEntry(): { readonly entry: URL; readonly mark: string } {
  entries += 1;
  const path = join(folder, `${entries}.mjs`);
  const mark = `${path}.started`;
  const text = `import { appendFileSync } from 'node:fs';
    appendFileSync(${JSON.stringify(mark)}, 'x');
    await import(${JSON.stringify(realEntry.href)});`;
  writeFileSync(path, text);
  return { entry: pathToFileURL(path), mark };
}

function poolOf(entry: URL): { pool: CheckPool; lines: string[] } {
  const lines: string[] = [];
  const logger = lineLogger({ level: 'info', write: (line) => lines.push(line) });
  const pool = checkPool({ threads: 1, blocks: memoryBlocks({ bytesMax: 1e6 }), logger, entry });
  pools.push(pool);
  return { pool, lines };
}

const lease = 7 as LeaseNumber;

function order(values: readonly number[]): CheckOrder {
  return {
    work: {
      program: { kind: 'graph', nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }] },
      inputs: [{ name: 'x', tensor: floats([2, 1], [-1, 2]), cut: 'rows' }],
      outputs: [{ name: 'y', dtype: 'float32', rowShape: [1] }],
    },
    rows: { start: 0, end: 2 },
    results: [{ lease, output: [floats([2, 1], values)] }],
    mode: { kind: 'recompute', share: 1 },
    seed: [1, 2, 3, 4],
  };
}

const checkOne = (pool: CheckPool, only: CheckOrder) => pool.checkMany(async () => succeed([only]));

describe('a check pool', () => {
  it('judges many at once, each for itself, in their order', async () => {
    const { pool } = poolOf(realEntry);
    const first = order([0, 2]);
    const orders = [
      first,
      { ...order([0, 3]), work: first.work },
      { ...first, seed: [2, 3, 4, 5] as const },
    ];
    const checked = await pool.checkMany(async () => succeed(orders));
    expect(checked).toMatchObject({
      value: [lease, null, lease].map((accepted, index) => {
        return { order: orders[index], judgement: { accepted } };
      }),
    });
  });

  it('comes to nothing where there is nothing to check', async () => {
    const { pool } = poolOf(realEntry);
    expect(await pool.checkMany(async () => succeed([]))).toEqual(succeed([]));
  });

  it('accepts what is right and rejects what is wrong, in a thread', async () => {
    const { pool } = poolOf(realEntry);
    expect(await checkOne(pool, order([0, 2]))).toMatchObject({
      value: [{ judgement: { accepted: lease } }],
    });
    expect(await checkOne(pool, order([0, 3]))).toMatchObject({
      value: [{ judgement: { accepted: null, verdicts: [{ verdict: { kind: 'rejected' } }] } }],
    });
  });

  it('that is warmed starts its thread before the first order, and once', async () => {
    const { entry, mark } = markingEntry();
    const { pool } = poolOf(entry);
    pool.warm();
    pool.warm();
    await expect.poll(() => existsSync(mark)).toBe(true);
    expect(await checkOne(pool, order([0, 2]))).toMatchObject({
      value: [{ judgement: { accepted: lease } }],
    });
    expect(readFileSync(mark, 'utf8')).toBe('x');
  });

  it('replaces a thread that died, and checks again', async () => {
    const { pool, lines } = poolOf(dyingEntry(2));
    const checked = await Promise.all([1, 2, 3].map(() => checkOne(pool, order([0, 2]))));
    expect(checked).toMatchObject(
      [1, 2, 3].map(() => ({ value: [{ judgement: { accepted: lease } }] })),
    );
    expect(lines.filter((line) => line.includes('died'))).toHaveLength(2);
  });

  it('accepts nothing when threads die again and again', async () => {
    const { pool } = poolOf(dyingEntry(3));
    expect(await checkOne(pool, order([0, 2]))).toMatchObject({
      ok: false,
      failure: { code: 'execution_failed', message: expect.stringContaining('died 3 times') },
    });
    expect(await checkOne(pool, order([0, 2]))).toMatchObject({
      value: [{ judgement: { accepted: lease } }],
    });
  });

  it('answers all who wait when it closes', async () => {
    const { pool } = poolOf(realEntry);
    const waiting = [1, 2].map(() => checkOne(pool, order([0, 2])));
    await pool.close();
    expect(await Promise.all(waiting)).toMatchObject([
      { failure: { code: 'unavailable' } },
      { failure: { code: 'unavailable' } },
    ]);
  });
});
