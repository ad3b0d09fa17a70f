import { expect, it } from 'vitest';
import type { AgentSnapshot, SelfTest } from '../agent/browser/index.ts';
import type { PrimitiveName } from '../domain/operator.ts';
import { selfTestWords } from './self-test-words.ts';

const failed = (...names: PrimitiveName[]): SelfTest['failed'] =>
  names.map((primitive) => ({ primitive, backend: 'webgpu', passed: false, detail: 'why' }));
// All that the words are made from.
const capability = {
  primitives: { tanh: 'wasm', exp: 'wasm', log: 'wasm' },
} as unknown as NonNullable<AgentSnapshot['capability']>;
const wordsOf = (why: SelfTest['why'], list: SelfTest['failed']) =>
  selfTestWords({ selfTest: { why, failed: list, atMs: 0 }, capability }).join(' ');

it.each([
  ['working', failed('tanh'), /computes Tanh wrongly on WebGPU\. It now uses WebAssembly/],
  ['working', failed('tanh', 'exp'), /computes Tanh and Exponential wrongly/],
  ['working', failed('tanh', 'exp', 'log'), /computes Tanh, Exponential and 1 more wrongly/],
  ['working', failed('add'), /computes Add wrongly on WebGPU\. It now does without/],
  ['quarantine', failed('tanh'), /because of the quarantine\. This device computes Tanh wrongly/],
  ['quarantine', [], /because of the quarantine\. This device computes all of them rightly/],
] as const)('says of a device tried for %s with %j failed: %s', (why, list, words) => {
  expect(wordsOf(why, list)).toMatch(words);
});

it('says nothing of a device that was not tried again', () => {
  expect(selfTestWords({ selfTest: null, capability })).toEqual([]);
  expect(selfTestWords(null)).toEqual([]);
});
