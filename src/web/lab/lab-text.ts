import type { Contender } from '../../agent/browser/workshop.ts';
import type { Shape } from '../../domain/tensor.ts';

// What is said in the Lab. Sentence case, plain words.

export const CONTENDER_NAMES: Readonly<Record<Contender, string>> = {
  wasm: 'Manyhands, WebAssembly',
  'wasm-threads': 'Manyhands, WebAssembly, two threads',
  webgpu: 'Manyhands, WebGPU',
  'ort-wasm': 'ONNX Runtime, WebAssembly',
  'ort-webgpu': 'ONNX Runtime, WebGPU',
  'jax-wasm': 'jax-js, WebAssembly',
  'jax-webgpu': 'jax-js, WebGPU',
};

export type LabBench = 'operator' | 'draft' | 'model';

export const LAB_BENCHES: readonly { readonly value: LabBench; readonly label: string }[] = [
  { value: 'operator', label: 'A calculation' },
  { value: 'draft', label: 'Your own kernel' },
  { value: 'model', label: 'A model' },
];

export const LAB = {
  title: 'Lab',
  lead: 'Run the network’s calculations on this device: are they right, and how fast are they, beside ONNX Runtime and jax-js? All of it happens in this tab, and nothing of it leaves it.',
  benches: 'What to try',
  benchHint: {
    operator: 'The network’s own kernels on this device, beside ONNX Runtime and jax-js.',
    draft: 'WGSL or WASM of yours, against the vectors that every device is tried on.',
    model: 'An ONNX model of yours: the time of each of its nodes.',
  },
  setup: 'What to run',
  operator: 'Calculation',
  size: 'Size',
  sizeHint: 'Rows and columns; of products, rows × inner × columns. Sizes that models have.',
  backends: 'Where',
  backendNames: { wasm: 'WebAssembly', webgpu: 'WebGPU' },
  noWebGpu: 'WebGPU, which this browser does not have',
  noBackend: 'Choose where to compute it first.',
  peer: 'Compare with ONNX Runtime and jax-js, libraries that pages compute with',
  run: 'Run',
  cancel: 'Cancel',
  running: 'Running',
  measuring: 'Measuring what this processor can do',
  measuringGpu: 'Measuring what this GPU can do',
  stepOf: (what: string, index: number, count: number) => `${what}, ${index + 1} of ${count}`,
  sizeWords: (size: Shape) => size.join(' × '),
  results: 'Results',
  columns: { who: 'Who', right: 'Right?', error: 'Largest error', time: 'Time', rates: 'Rates' },
  right: 'Right',
  wrong: 'Wrong',
  exact: 'None: exact in every element',
  share: (percent: string) => `${percent} of what is allowed`,
  notNumber: 'Not a number',
  place: (at: readonly number[], actual: string, expected: string, allowed: string) =>
    `at [${at.join(', ')}]: ${actual}, where ${expected} ± ${allowed} is right`,
  spread: (least: string, most: string, runs: number) => `${least} to ${most}, ${runs} runs`,
  rate: (rate: string, unit: string) => `${rate} ${unit}`,
  failed: (why: string) => `Did not run: ${why}`,
  made: (label: string, when: string) => `${label}, ${when}`,
  shared:
    'Somebody shared this result with you. It is their claim, of their device: run it here to see.',
  runHere: 'Run it here',
  open: 'A result of somebody else',
  openChoose: 'Open a result',
  openDrop: 'or drop the file here',
  openHint:
    'JSON that was downloaded from a Lab. It is read in this tab, and shown as their claim.',
  openLarge: 'This file is larger than any result of the Lab.',
  badLink: (message: string) => message,
  copy: 'Copy a link to this result',
  copied: 'Copied',
  copyFailed: 'The browser did not let it be copied: it is in the address of this page.',
  download: 'Download as JSON',
  chart: 'Against what this device can do',
  chartLabel: (unit: string) =>
    `${unit} by operations for each byte, on logarithmic scales: the results above, under what this device can do at most`,
  chartX: 'operations for each byte of operands and result',
  chartRoofs: { core: 'One core of this processor', gpu: 'This GPU' },
  ceilings: (of: {
    readonly what: string;
    readonly peak: string;
    readonly read: string;
    readonly copied: string;
  }) =>
    `${of.what}, measured just before: ${of.peak} at most; of much memory, ${of.read} GB/s read and ${of.copied} GB/s copied.`,
  ofBytes: (rate: string) => `${rate} GOP/s of bytes`,
  ofFloats: (rate: string) => `${rate} GFLOP/s`,
  chartHint:
    'A line is a roofline, the most that one core, or the GPU, can do. Where it slopes, memory holds a calculation up; where it is flat, arithmetic does. What fits a cache may lie above the slope, and two threads above the roof of one core. Numbers must be moved to a GPU and back: small calculations stay far below its roof.',
  chartNone: {
    core: 'What this processor can do at most could not be measured.',
    gpu: 'What this GPU can do at most could not be measured.',
  },
  aboutTitle: 'What is measured',
  about: [
    'Each calculation gets the same random numbers on every device. Its result is held against a plain reference in double precision, of products in some rows. “Allowed” is a bound that is derived from how numbers are rounded, not fitted to what devices do.',
    'The time is of a whole run, with moving the numbers to where they are computed and back, in the middle of half a second of runs; short ones are timed several together. The first run, which compiles, is left out. GFLOP/s are sums and products, GOP/s those of whole numbers or numbers moved; GB/s are bytes of operands and result.',
    'Two threads compute a product together, half of its columns each; small ones are computed by one.',
    'ONNX Runtime runs the same calculation as a model of one node, on one thread. jax-js runs it as a function that it compiles. Where a library has no such calculation, it did not run.',
    'Everything runs in workers of this tab, which end with it, and no result is sent anywhere. A link holds its result behind “#”, the part of an address that browsers do not send.',
  ],
};

/** As many digits as a time or a rate is good for. */
export function threeDigits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
