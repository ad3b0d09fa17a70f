import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { openConnection } from '../../src/cli/connection.ts';
import { writeBlob } from '../../src/data/index.ts';
import type { JobId } from '../../src/domain/ids.ts';
import { USUAL_TERMS, type JobSpec, type JobView } from '../../src/domain/job.ts';
import type { BlobRef } from '../../src/domain/work.ts';
import { jobFromWire } from '../../src/wire/index.ts';
import { CONTRIBUTE } from '../../src/web/text.ts';
import { certain, producerOf, type Producer } from '../network/client.ts';
import { freePort, startNetwork } from '../network/processes.ts';
import { findBrowser } from '../setup/install-browser.ts';
import { buildBenchSite, DIRECT_PATH } from './bench-site.ts';
import { openChromium, type BenchPage } from './chromium.ts';
import { imageRows, IMAGE_SHAPE } from './direct/image-rows.ts';
import { figureOf, type Line, type Run } from './figure.ts';
import { removeFolder, temporaryFolder } from './leftovers.ts';

const MODEL = new URL('../../../shared/models/ultraface-rfb-320.onnx', import.meta.url).pathname;
const RUNS = 3;
// Of about a second each: the first task's inputs and the last one's check are waited for.
const TASKS = 24;
const ROWS_PER_TASK = 96;
const ROWS = TASKS * ROWS_PER_TASK;
const CHECKED_SHARE = 0.01;
// A share of 0.002 of a run, and seldom enough to leave the processor to what is measured.
const POLL_MS = 50;
const RUN_MS_MAX = 120_000;

const ABOUT = {
  suite: 'first-light',
  name: 'tab-efficiency',
} as const;

/**
 * Rows a second of one tab through the network, over those of ONNX Runtime Web called directly in
 * a worker of the same browser on the same rows: from the job's first lease to its last acceptance.
 */
export async function tabEfficiency(): Promise<readonly Line[]> {
  const browser = findBrowser();
  if (browser === null) return [{ ...ABOUT, skipped: 'no browser: "npm run browser"' }];
  if (!existsSync(MODEL)) return [{ ...ABOUT, skipped: '../shared/models is absent' }];
  const [web, data] = [temporaryFolder(), temporaryFolder()];
  await buildBenchSite(web);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const args = ['--no-welcome-job', '--log-level', 'warn', '--web', web];
  const network = await startNetwork({ port, data, args });
  const chromium = await openChromium(browser);
  try {
    const model = readFileSync(MODEL);
    const direct = await openDirect(await chromium.openPage(), { url, model });
    await contribute(await chromium.openPage(), url);
    const job = await jobMaker({ url, data, model });
    const runOnce = async (seed: number): Promise<Run> => {
      const peer = await rowsPerSecondAlone(direct, seed);
      const ours = await job.rowsPerSecond(seed);
      return { value: ours / peer, ours, peer };
    };
    await runOnce(0);
    const runs: Run[] = [];
    while (runs.length < RUNS) runs.push(await runOnce(runs.length + 1));
    return [figureOf({ ...ABOUT, ...DETAILS }, runs)];
  } finally {
    await chromium.close();
    await network.interrupt();
    removeFolder(data);
    removeFolder(web);
  }
}

const DETAILS = {
  unit: 'ratio',
  better: 'higher',
  work:
    `ultraface-rfb-320, ${TASKS} tasks of ${ROWS_PER_TASK} images [${IMAGE_SHAPE.join(',')}] uint8, one WASM ` +
    `lane, ${CHECKED_SHARE * 100}% of rows recomputed; browser and orchestrator share ` +
    `${availableParallelism()} cores`,
  peer: 'onnxruntime-web 1.30 in a worker of the same browser, rows/s',
  goal: '>= 0.95',
} as const;

/** Starts contributing as the page's own button does: one lane, WASM. */
async function contribute(page: BenchPage, url: string): Promise<void> {
  const limits = JSON.stringify({ lanes: 1, memoryBytes: 2 ** 30, backend: 'wasm' });
  await page.visit(url, `localStorage.setItem('manyhands.limits', ${JSON.stringify(limits)})`);
  await page.once((label) => {
    const buttons = [...document.querySelectorAll('button')];
    const start = buttons.find(({ textContent }) => textContent === label);
    start?.click();
    return start === undefined ? null : true;
  }, CONTRIBUTE.start);
}

async function openDirect(
  page: BenchPage,
  of: { readonly url: string; readonly model: Buffer },
): Promise<BenchPage> {
  await page.visit(of.url + DIRECT_PATH);
  await page.once(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    await window.direct.open(bytes);
    return true;
  }, of.model.toString('base64'));
  return page;
}

async function rowsPerSecondAlone(page: BenchPage, seed: number): Promise<number> {
  const ms = await page.call((of) => window.direct.runRows(of), { seed, rows: ROWS });
  return (ROWS * 1_000) / ms;
}

async function jobMaker(of: { url: string; data: string; model: Uint8Array }) {
  const producer = producerOf(of.url, of.data);
  const { signal } = new AbortController();
  const { sink } = openConnection({ origin: of.url, key: producer.apiKey, signal });
  const upload = async (bytes: Uint8Array): Promise<BlobRef> =>
    certain(await writeBlob(sink, once(bytes)));
  const model = await upload(of.model);
  return {
    rowsPerSecond: async (seed: number): Promise<number> => {
      const { blob } = await upload(imageRows({ seed, rows: ROWS }));
      const source = { kind: 'blob', blob, byteOffset: 0 } as const;
      const tensor = { dtype: 'uint8', shape: [ROWS, ...IMAGE_SHAPE], source } as const;
      const inputs = [{ name: 'input', tensor }];
      const spec: JobSpec = {
        name: 'faces',
        workload: { kind: 'inference', model, inputs, constants: [], outputs: [] },
        ...USUAL_TERMS,
        checking: { kind: 'recompute', share: CHECKED_SHARE },
        rowsPerTask: ROWS_PER_TASK,
      };
      const { job } = await producer.submit(spec);
      return (ROWS * 1_000) / (await acceptanceMs(producer, job));
    },
  };
}

/** From the first lease to the last acceptance, looked at every POLL_MS. */
async function acceptanceMs(producer: Producer, jobId: JobId): Promise<number> {
  const untilMs = performance.now() + RUN_MS_MAX;
  let leasedAtMs: number | null = null;
  while (performance.now() < untilMs) {
    const { job } = await producer.jobs.getJob({ jobId });
    const view: JobView = certain(jobFromWire(job));
    const nowMs = performance.now();
    if (view.tasksLeased > 0) leasedAtMs ??= nowMs;
    if (view.rowsAccepted === ROWS && leasedAtMs !== null) return nowMs - leasedAtMs;
    if (view.failure !== null) throw new Error(view.failure.message);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`the job did not end in ${RUN_MS_MAX} ms`);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
