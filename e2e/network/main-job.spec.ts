import { expect, test } from '@playwright/test';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomStream } from '../../src/domain/random.ts';
import { countRight, floatsOf, readArray, worstOverTolerance, writeArray } from './array-file.ts';
import { producerOf, type Producer } from './client.ts';
import { MODEL_TOLERANCE } from '../../src/validation/index.ts';
import { Backend, type AgentSummary } from '../../src/wire/index.ts';
import { modelAlone } from './model-alone.ts';
import { freePort, Program, startNetwork, until } from './processes.ts';
import { crashTab, openTab } from './tab.ts';

const SHARED = new URL('../../../shared/', import.meta.url).pathname;
const DIGITS_MODEL = join(SHARED, 'models/mnist.onnx');
const DIGITS = join(SHARED, 'data/mnist-test-images.npy');
const LABELS = join(SHARED, 'data/mnist-test-labels.npy');
const FACES_MODEL = join(SHARED, 'models/ultraface-rfb-320.onnx');
const FACES = { name: 'input', shape: [48, 3, 240, 320] } as const;

const folder = mkdtempSync(join(tmpdir(), 'manyhands-main-job-'));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('two jobs outlive a crashed tab, a killed agent and a killed orchestrator', async ({
  browser,
}) => {
  test.skip(!existsSync(DIGITS), '../shared is absent: no models, no digits');
  test.setTimeout(900_000);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const data = join(folder, 'data');
  const start = () => startNetwork({ port, data, args: ['--no-welcome-job'] });
  const agent = (name: string) =>
    new Program(['agent', '--orchestrator', url, '--threads', '1', '--key', join(folder, name)]);

  let network = await start();
  const producer = producerOf(url, data);
  const jobs = [submitFaces(url, data), submitDigits(url, data)];
  const gpu = await openTab(browser, { url, backend: 'WebGPU' });
  const others: Program[] = [];
  try {
    await until('the WebGPU tab to have work accepted', () => gpuTabAccepted(producer), 300_000);
    const wasm = await openTab(browser, { url, backend: 'WASM' });
    const doomed = agent('doomed.pem');
    others.push(agent('lasting.pem'), doomed);

    await test.step('the WASM tab crashes in mid-task', async () => {
      await until('the tab to hold tasks and some to be accepted', () => isAtWork(producer));
      await crashTab(wasm);
      await wasm.context.close();
    });
    await test.step('one native agent is killed', () => doomed.killHard());
    await test.step('the orchestrator is killed and started again', async () => {
      await network.killHard();
      network = await start();
    });

    for (const job of jobs) {
      expect(await job.ended, job.stderr).toBe(0);
    }
    await expect(gpu.page.getByRole('button', { name: 'Pause' })).toBeVisible();
    const tab = await until('the WebGPU tab to be back', () => gpuTabOf(producer));
    expect(tab.rejected).toBe(0n);
    await expectDigits();
    await expectFaces();
  } finally {
    for (const program of [...jobs, ...others, network]) await program.killHard();
    await gpu.context.close();
  }
});

function submitDigits(url: string, home: string): Program {
  return new Program(
    [
      ...['job', 'submit', 'inference', '--orchestrator', url, '--model', DIGITS_MODEL],
      ...['--input', DIGITS, '--output', join(folder, 'digits.npy'), '--watch'],
    ],
    { environment: { MANYHANDS_HOME: home } },
  );
}

/** Two outputs, each to a file of its own; the rows are noise, which exercises every weight. */
function submitFaces(url: string, home: string): Program {
  const random = randomStream(1, 'faces');
  const elements = FACES.shape.reduce((product, size) => product * size, 1);
  const bytes = new Uint8Array(elements).map(() => random.nextBelow(256));
  writeArray(join(folder, 'faces.npy'), { dtype: 'uint8', shape: FACES.shape, bytes });
  return new Program(
    [
      ...['job', 'submit', 'inference', '--orchestrator', url, '--model', FACES_MODEL],
      ...['--input', `input=${join(folder, 'faces.npy')}`, '--watch', '--rows-per-task', '1'],
      ...['--output', `scores=${join(folder, 'scores.npy')}`],
      ...['--output', `boxes=${join(folder, 'boxes.npy')}`],
    ],
    { environment: { MANYHANDS_HOME: home } },
  );
}

async function expectDigits(): Promise<void> {
  const images = readArray(DIGITS);
  const alone = await modelAlone(DIGITS_MODEL, { name: 'Input3', ...images });
  const theirs = alone.get('Plus214_Output_0') ?? new Float32Array();
  const scores = readArray(join(folder, 'digits.npy'));
  expect(scores.shape).toEqual([10_000, 10]);
  const ours = floatsOf(scores);
  const of = { rowLength: 10, tolerance: MODEL_TOLERANCE };
  expect(worstOverTolerance(ours, theirs, of)).toBeLessThanOrEqual(1);
  const labels = readArray(LABELS).bytes;
  expect([countRight(ours, labels), countRight(theirs, labels)]).toEqual([9_891, 9_891]);
}

async function expectFaces(): Promise<void> {
  const { bytes } = readArray(join(folder, 'faces.npy'));
  const alone = await modelAlone(FACES_MODEL, { ...FACES, bytes });
  const files = { scores: 2, boxes: 4 };
  for (const [name, columns] of Object.entries(files)) {
    const array = readArray(join(folder, `${name}.npy`));
    expect(array.shape).toEqual([48, 4420, columns]);
    const of = { rowLength: 4420 * columns, tolerance: MODEL_TOLERANCE };
    const theirs = alone.get(name) ?? new Float32Array();
    expect(worstOverTolerance(floatsOf(array), theirs, of)).toBeLessThanOrEqual(1);
  }
}

/** The tab on WebGPU, while the network knows of it. */
async function gpuTabOf(producer: Producer): Promise<AgentSummary | undefined> {
  const { agents } = await producer.network.getNetwork({});
  return agents.find(({ modelBackend }) => modelBackend === Backend.WEBGPU);
}

async function gpuTabAccepted(producer: Producer): Promise<boolean> {
  return ((await gpuTabOf(producer))?.accepted ?? 0n) > 0n;
}

/** True once the second tab holds tasks, and some of the network's work is accepted. */
async function isAtWork(producer: Producer): Promise<boolean> {
  const { agents, tasksAcceptedTotal } = await producer.network.getNetwork({});
  const busyTabs = agents.filter((agent) => agent.leases > 0);
  return tasksAcceptedTotal > 0n && busyTabs.length >= 3;
}
