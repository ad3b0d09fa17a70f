import { expect, test } from '@playwright/test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomStream } from '../../src/domain/random.ts';
import { floatsOf, integersOf, readArray, worstOverTolerance, writeArray } from './array-file.ts';
import { producerOf } from './client.ts';
import { freePort, manyhands, Program, startNetwork, until } from './processes.ts';
import { openTab, type Tab } from './tab.ts';

const SIZE = 1024;
const GRAPH = {
  inputs: { A: 'a.npy', B: 'b.npy', bias: 'bias.npy' },
  nodes: [
    { operator: 'matmul', inputs: ['A', 'B'], output: 'product' },
    { operator: 'add', inputs: ['product', 'bias'], output: 'shifted' },
    { operator: 'relu', inputs: ['shifted'], output: 'kept' },
    { operator: 'reduce-sum', inputs: ['kept'], output: 'sums', axis: 1 },
  ],
  outputs: ['sums'],
};
const INTEGER_GRAPH = {
  inputs: { A: 'qa.npy', B: 'qb.npy' },
  nodes: [{ operator: 'qmatmul', inputs: ['A', 'B'], output: 'product' }],
  outputs: ['product'],
};

test.describe('operator graphs over 1024 x 1024', () => {
  const folder = mkdtempSync(join(tmpdir(), 'manyhands-operators-'));
  const data = join(folder, 'data');
  let url = '';
  let network: Program;
  const floats = { a: unitFloats('a'), b: unitFloats('b'), bias: unitFloats('bias', SIZE) };
  const integers = { a: bytes('qa', 128), b: bytes('qb', 256) };

  test.beforeAll(async () => {
    const port = await freePort();
    url = `http://localhost:${port}`;
    network = await startNetwork({ port, data, args: ['--no-welcome-job'] });
    const square = [SIZE, SIZE];
    const write = (name: string, array: Parameters<typeof writeArray>[1]) =>
      writeArray(join(folder, `${name}.npy`), array);
    write('a', { dtype: 'float32', shape: square, bytes: bytesOf(floats.a) });
    write('b', { dtype: 'float32', shape: square, bytes: bytesOf(floats.b) });
    write('bias', { dtype: 'float32', shape: [SIZE], bytes: bytesOf(floats.bias) });
    write('qa', { dtype: 'uint8', shape: square, bytes: integers.a });
    write('qb', { dtype: 'int8', shape: square, bytes: integers.b });
    writeFileSync(join(folder, 'graph.json'), JSON.stringify(GRAPH));
    writeFileSync(join(folder, 'integers.json'), JSON.stringify(INTEGER_GRAPH));
  });
  test.afterAll(async () => {
    await network.interrupt();
    rmSync(folder, { recursive: true, force: true });
  });

  test('matmul, add, relu and reduce-sum by two tabs and a native agent equal one machine', async ({
    browser,
  }) => {
    const tabs = [
      await openTab(browser, { url, backend: 'WebGPU' }),
      await openTab(browser, { url, backend: 'WASM' }),
    ];
    const agent = nativeAgent();
    try {
      await waitForAgents(3);
      await submit('graph.json', 'sums.npy');
      const sums = readArray(join(folder, 'sums.npy'));
      expect(sums.shape).toEqual([SIZE, 1]);
      const alone = sumsAlone(floats);
      // A row is one sum of 1024 sums of 1024 f32 products: each rounds by at most 6e-8 of what it
      // adds, at random; a sum comes out within a few millionths.
      const tolerance = { relative: 1e-5, scaled: 0, floor: 0, reason: 'f32 sums' };
      const of = { rowLength: 1, tolerance };
      expect(worstOverTolerance(floatsOf(sums), alone, of)).toBeLessThanOrEqual(1);
    } finally {
      await closeAll(tabs, agent);
    }
  });

  for (const backend of ['WebGPU', 'WASM', 'native'] as const) {
    test(`qmatmul on ${backend} is equal bit for bit`, async ({ browser }) => {
      const tabs = backend === 'native' ? [] : [await openTab(browser, { url, backend })];
      const agent = backend === 'native' ? nativeAgent() : null;
      try {
        await waitForAgents(1);
        await submit('integers.json', `${backend}.npy`);
        const product = readArray(join(folder, `${backend}.npy`));
        expect(product.shape).toEqual([SIZE, SIZE]);
        const ours = integersOf(product);
        const theirs = productAlone(integers);
        expect(ours.findIndex((value, index) => value !== theirs[index])).toBe(-1);
      } finally {
        await closeAll(tabs, agent);
      }
    });
  }

  function nativeAgent(): Program {
    const key = join(folder, 'agent.pem');
    return new Program(['agent', '--orchestrator', url, '--threads', '1', '--key', key]);
  }

  async function waitForAgents(count: number): Promise<void> {
    const { network: calls } = producerOf(url, data);
    await until(`${count} agents`, async () => (await calls.getNetwork({})).agentCount === count);
  }

  async function submit(graph: string, output: string): Promise<void> {
    const { code, stderr } = await manyhands(
      [
        ...['job', 'submit', 'operators', '--orchestrator', url, '--watch'],
        ...['--graph', join(folder, graph), '--output', join(folder, output)],
      ],
      { MANYHANDS_HOME: data },
    );
    expect(code, stderr).toBe(0);
  }
});

async function closeAll(tabs: readonly Tab[], agent: Program | null): Promise<void> {
  for (const tab of tabs) await tab.context.close();
  await agent?.interrupt();
}

function unitFloats(label: string, count = SIZE * SIZE): Float32Array<ArrayBuffer> {
  const random = randomStream(7, label);
  return new Float32Array(count).map(() => random.nextUnit() - 0.5);
}

function bytes(label: string, bound: number): Uint8Array<ArrayBuffer> {
  const random = randomStream(7, label);
  return new Uint8Array(SIZE * SIZE).map(() => random.nextBelow(bound));
}

function bytesOf(values: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values.buffer);
}

/** The whole graph in f64 on one machine. */
function sumsAlone(of: { a: Float32Array; b: Float32Array; bias: Float32Array }): Float32Array {
  const sums = new Float32Array(SIZE);
  const row = new Float64Array(SIZE);
  for (let i = 0; i < SIZE; i++) {
    row.fill(0);
    addProductRow(row, { left: of.a, right: of.b, i });
    sums[i] = row.reduce((sum, value, j) => sum + Math.max(0, value + (of.bias[j] ?? NaN)), 0);
  }
  return sums;
}

/** The integer product in f64, which holds it exactly. */
function productAlone(of: { a: Uint8Array; b: Uint8Array<ArrayBuffer> }): Int32Array {
  const product = new Int32Array(SIZE * SIZE);
  const right = new Int8Array(of.b.buffer);
  const row = new Float64Array(SIZE);
  for (let i = 0; i < SIZE; i++) {
    row.fill(0);
    addProductRow(row, { left: of.a, right, i });
    product.set(row, i * SIZE);
  }
  return product;
}

type Numbers = Float32Array | Uint8Array | Int8Array;

function addProductRow(
  row: Float64Array,
  { left, right, i }: { left: Numbers; right: Numbers; i: number },
): void {
  for (let k = 0; k < SIZE; k++) {
    const factor = left[i * SIZE + k] ?? NaN;
    for (let j = 0; j < SIZE; j++) row[j] = (row[j] ?? NaN) + factor * (right[k * SIZE + j] ?? NaN);
  }
}
