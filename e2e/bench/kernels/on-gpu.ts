import type { OperatorName } from '../../../src/domain/operator.ts';
import type { Shape } from '../../../src/domain/tensor.ts';
import { labRunFromHash, labRunToHash } from '../../../src/web/lab/lab-link.ts';
import { gigaOperations, type LabRun, type LabTimes } from '../../../src/web/lab/lab-run.ts';
import { LAB } from '../../../src/web/lab/lab-text.ts';
import { peakOf } from '../../../src/web/lab/roofline.ts';
import { certain } from '../../network/client.ts';
import { freePort, startNetwork } from '../../network/processes.ts';
import { buildPageIfStale } from '../../setup/page-build.ts';
import { findBrowser } from '../../setup/install-browser.ts';
import { openChromium, type Chromium } from '../chromium.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { removeFolder, temporaryFolder } from '../leftovers.ts';

const RUNS = 3;
const PRODUCTS = ['matmul', 'qmatmul'] as const;
const SIZES: readonly Shape[] = [
  [1024, 1024, 1024],
  [512, 512, 512],
  [128, 768, 768],
  [1, 768, 3072],
];
const NAMES = ['webgpu-over-ort', 'webgpu-peak-share'] as const;
/** What a headless browser on Linux needs to take a GPU that is there. */
const SWITCHES = ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--ignore-gpu-blocklist'];

/**
 * Products on the GPU of a page, beside ONNX Runtime's and what the GPU does in registers alone: by
 * the Lab, as a visitor has it. Skipped where the browser has no GPU, or one of software.
 */
export async function onGpu(): Promise<readonly Line[]> {
  const browser = findBrowser();
  if (browser === null) return skipped('no browser: "npm run browser"');
  const chromium = await openChromium(browser, { switches: SWITCHES });
  const data = temporaryFolder();
  await buildPageIfStale();
  const port = await freePort();
  const network = await startNetwork({ port, data, args: ['--log-level', 'warn'] });
  try {
    const url = `http://localhost:${port}/lab`;
    const gpu = await gpuOf(chromium, url);
    if (gpu === null) return skipped('the browser has no GPU here, or one of software');
    const lines: Line[] = [];
    for (const operator of PRODUCTS) {
      for (const size of SIZES)
        lines.push(...(await linesOf({ chromium, url, gpu, operator, size })));
    }
    return lines;
  } finally {
    await chromium.close();
    await network.interrupt();
    removeFolder(data);
  }
}

function skipped(why: string): readonly Line[] {
  return NAMES.map((name) => ({ suite: 'kernels', name, skipped: why }));
}

/** What the adapter calls itself; null where there is none, or it computes in software. */
async function gpuOf(chromium: Chromium, url: string): Promise<string | null> {
  const page = await chromium.openPage();
  await page.visit(url);
  const found = await page.once(async () => {
    // Absent where the browser has no WebGPU, whatever the DOM types say.
    const gpu: GPU | undefined = navigator.gpu;
    const info = (await gpu?.requestAdapter({ powerPreference: 'high-performance' }))?.info;
    if (info === undefined) return { name: '', isSoftware: true };
    const { vendor, architecture, description, isFallbackAdapter } = info;
    const isSoftware =
      isFallbackAdapter || /swiftshader|llvmpipe|software/i.test(`${architecture} ${description}`);
    return { name: description || `${vendor} ${architecture}`, isSoftware };
  }, null);
  await page.close();
  return found.isSoftware ? null : found.name;
}

async function linesOf(of: {
  readonly chromium: Chromium;
  readonly url: string;
  readonly gpu: string;
  readonly operator: (typeof PRODUCTS)[number];
  readonly size: Shape;
}): Promise<readonly Line[]> {
  const { operator, size, gpu } = of;
  const overOrt: Run[] = [];
  const ofPeak: Run[] = [];
  for (let run = 0; run < RUNS; run++) {
    const { gpuCeilings, results } = await labRun(of);
    const timesOf = (contender: string): LabTimes | null => {
      const result = results.find((one) => one.contender === contender);
      return result?.kind === 'ran' ? result : null;
    };
    const [ours, theirs] = [timesOf('webgpu'), timesOf('ort-webgpu')];
    if (ours === null || !ours.isRight) throw new Error(`${operator} on this GPU is not right`);
    const rate = gigaOperations(ours);
    if (theirs !== null) {
      const peer = gigaOperations(theirs);
      overOrt.push({ value: rate / peer, ours: rate, peer });
    }
    if (gpuCeilings !== null) {
      const peer = peakOf(gpuCeilings, operator) / 1e9;
      ofPeak.push({ value: rate / peer, ours: rate, peer });
    }
  }
  const about = {
    suite: 'kernels',
    unit: 'ratio',
    better: 'higher',
    work: `${operator} ${size.join(' x ')} in a tab, numbers moved there and back, 1e9 a second; ${gpu}`,
  } as const;
  const line = (name: string, peer: string, runs: readonly Run[]): Line => {
    if (runs.length > 0) return figureOf({ ...about, name, peer }, runs);
    return { suite: about.suite, name, skipped: `${peer} did not run here` };
  };
  return [
    // It has no MatMulInteger on WebGPU, and computes it in WASM.
    line(NAMES[0], 'onnxruntime-web 1.30 with WebGPU', overOrt),
    line(NAMES[1], 'the GPU in registers alone', ofPeak),
  ];
}

/** Has a page run an operator as the link of somebody's result asks for, and reads its own link. */
async function labRun(of: {
  readonly chromium: Chromium;
  readonly url: string;
  readonly operator: OperatorName;
  readonly size: Shape;
}): Promise<LabRun> {
  const { operator, size } = of;
  const none = { label: '', madeAtMs: 0, ceilings: null, gpuCeilings: null, results: [] };
  const page = await of.chromium.openPage();
  await page.visit(`${of.url}#${labRunToHash({ operator, size, ...none })}`);
  await page.once(press, LAB.runHere);
  await page.once(press, LAB.copy);
  const hash = await page.call(() => location.hash, null);
  await page.close();
  return certain(labRunFromHash(hash));
}

/** Runs in the page: presses a button once it is there. */
function press(name: string): true | null {
  const buttons = [...document.querySelectorAll('button')];
  const button = buttons.find(({ textContent }) => textContent === name);
  button?.click();
  return button === undefined ? null : true;
}
