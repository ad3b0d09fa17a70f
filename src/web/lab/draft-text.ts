import type { DraftFinding } from '../../agent/browser/workshop.ts';
import { DRAFT_BYTES_MAX, WORKSHOP_SILENCE_MS } from '../../domain/limits.ts';
import { bytesWords, countOf } from '../amounts.ts';

export type Language = 'wgsl' | 'wasm';

export const LANGUAGES: readonly { readonly value: Language; readonly label: string }[] = [
  { value: 'wgsl', label: 'WGSL' },
  { value: 'wasm', label: 'A WASM file' },
];

const VECTORS = { one: 'vector', many: 'vectors' };

// What is said of trying one's own kernel. Sentence case, plain words.
export const DRAFT = {
  title: 'Your own kernel',
  lead: 'Write a faster one: it is tried on the same vectors that every device is tried on, and timed where all come out right. It runs in a worker of this tab, is ended when it takes too long, and never gets work of the network.',
  operator: 'Calculation',
  language: 'Written in',
  languageHint: {
    wgsl: 'Bound and called as the network’s own shader, with which the editor begins.',
    wasm: 'A module that exports “memory” and “run”, and imports nothing. See docs/kernels.md.',
  },
  editor: 'WGSL source',
  choose: 'Open a WASM file',
  drop: 'or drop it here',
  fileHint: 'It is tried at once, and stays in this browser.',
  large: `This file is larger than a kernel may be (${bytesWords(DRAFT_BYTES_MAX)}).`,
  start: 'Try it',
  ours: 'Begin with the network’s own again',
  compiling: 'Compiling',
  outcome: 'What came of it',
  words: {
    right: 'Right',
    wrong: 'Wrong',
    'not-compiled': 'Does not compile',
    refused: 'Refused',
    'device-lost': 'GPU lost',
    endless: 'Never ends',
    crashed: 'Crashed',
  } satisfies Readonly<Record<DraftFinding['kind'], string>>,
  right: (count: number) => `All of ${countOf(count, VECTORS)} come out right.`,
  wrong: (wrong: number, count: number) => `${wrong} of ${countOf(count, VECTORS)} are not right.`,
  notCompiled: 'The compiler has this to say; it is marked in the editor, too.',
  refused: (why: string) => `It does not keep the contract: ${why}`,
  deviceLost: (during: string, why: string) =>
    `The GPU went away at “${during}”: ${why} Mostly that is a shader that takes too long.`,
  endless: (during: string) =>
    `“${during}” did not end within ${WORKSHOP_SILENCE_MS / 1000} s, and was ended from outside.`,
  crashed: (during: string, why: string) => `What ran it ended by itself at “${during}”: ${why}`,
  message: (line: number, column: number) => `Line ${line}, column ${column}`,
  vectors: { vector: 'Vector', found: 'What is wrong' },
  elements: (wrong: number, count: number) => `${wrong} of ${count} elements; the worst: `,
  times: { size: 'Size', time: 'Time', rate: 'Rate' },
};
