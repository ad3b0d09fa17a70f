import { countOf } from './amounts.ts';
import { BACKEND_NAMES, PRIMITIVE_NAMES } from './text.ts';
import type { BackendName, OperatorName } from '../domain/operator.ts';

const RESULTS = { one: 'result', many: 'results' };

// What is said of testing this device. Sentence case, plain words.
export const CROWD = {
  title: 'Test this device',
  lead: 'Runs every calculation of this network on this device, on each backend it has: does it come out right, and how long does it take? Up to a minute. Nobody is told unless you publish it.',
  governed: {
    looking: 'Looking these kernels up in the registry of this network.',
    admitted: (entry: number) =>
      `The registry of this network admits these kernels: entry ${entry} of the record proves it, and this tab checked that.`,
    unproven:
      'The registry of this network is said to admit these kernels, which is not proven yet.',
    refused:
      'The registry of this network does not admit these kernels: a test of them is not published.',
    failed: (message: string) => `The registry of this network cannot be read: ${message}`,
  },
  start: 'Test this device',
  again: 'Test again',
  cancel: 'Cancel',
  running: 'Testing this device',
  opening: 'Opening the backends',
  step: (operator: OperatorName, backend: BackendName, at: string) =>
    `${PRIMITIVE_NAMES[operator]} on ${BACKEND_NAMES[backend]}, ${at}`,
  stepOf: (index: number, count: number) => `${index + 1} of ${count}`,
  broken: 'The test ended without a result, as when the GPU’s driver fails. Try again.',
  failed: (message: string) => `The test could not be made: ${message}`,
  allRight: (count: number) => `${countOf(count, RESULTS)}: all right on this device.`,
  someWrong: (wrong: number, count: number) =>
    `${wrong} of ${countOf(count, RESULTS)} came out wrong on this device.`,
  noGpu: 'No GPU was found by this browser: WebAssembly alone was tested.',
  columns: { operator: 'Calculation', backend: 'Backend', right: 'Right?', time: 'Time' },
  right: 'Right',
  wrong: 'Wrong',
  untimed: '–',
  details: 'What was measured',
  sizes:
    'Products of 128 × 768 × 768, all else of 128 × 768, with moving the numbers there and back.',
  told: (label: string, gpu: string) =>
    `To be published: “${label}”, ${gpu}, and the table above, signed by this browser’s key. Anyone can read it; the key counts once.`,
  gpu: (adapter: string) => (adapter === '' ? 'no GPU' : `the GPU “${adapter}”`),
  publish: 'Publish',
  publishing: 'Publishing',
  discard: 'Discard',
  notPublished: (message: string) => `It is not published: ${message}`,
  published: (software: string, adapter: string) =>
    `Published. It counts for ${software}, ${adapter === '' ? 'without a GPU' : adapter}.`,
};
