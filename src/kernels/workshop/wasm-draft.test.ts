import { describe, expect, it } from 'vitest';
import { DRAFT_BYTES_MAX, DRAFT_MEMORY_BYTES_MAX } from '../../domain/limits.ts';
import type { OperatorName } from '../../domain/operator.ts';
import { trialSizes } from '../trial/trial-sizes.ts';
import { boundedModule } from './bounded-module.ts';
import { compiledDraft, RELU_DRAFT } from './compiled-draft.contract.ts';
import type { DraftFinding, WorkshopStep } from './draft.ts';
import { tryDraft, type DraftTrying } from './try-draft.ts';

const relu = await compiledDraft(RELU_DRAFT);
let atMs = 0;
const HOW: DraftTrying = {
  gpu: async () => null,
  isTimed: false,
  nowMs: () => (atMs += 500),
  signal: new AbortController().signal,
  onStep: () => undefined,
  onRun: () => undefined,
};

async function found(
  module: Uint8Array,
  {
    operator = 'relu' as OperatorName,
    ...how
  }: Partial<DraftTrying> & { operator?: OperatorName } = {},
): Promise<DraftFinding> {
  const outcome = await tryDraft({ kind: 'wasm', operator, module }, { ...HOW, ...how });
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

/** The right kernel with a part of it changed. */
function changed(part: string, by: string): Promise<Uint8Array> {
  if (!RELU_DRAFT.includes(part)) throw new Error(`no ${part} in the kernel`);
  return compiledDraft(RELU_DRAFT.replace(part, by));
}

describe('a draft in WASM', () => {
  it('that is right is right on all vectors, and timed at each size', async () => {
    const steps: WorkshopStep[] = [];
    const onStep = (step: WorkshopStep) => void steps.push(step);
    const finding = await found(relu, { isTimed: true, onStep });
    expect(finding).toMatchObject({ kind: 'right', messages: [] });
    const right = finding.kind === 'right' ? finding : { vectors: [], trials: [] };
    expect(right.trials.map(({ size }) => size)).toEqual(trialSizes('relu'));
    expect(right.vectors.every(({ kind }) => kind === 'right')).toBe(true);
    expect(steps.map(({ index }) => index)).toEqual(steps.map((_, index) => index));
    expect(steps.length).toBe(right.vectors.length + right.trials.length);
    expect(steps.every(({ count }) => count === steps.length)).toBe(true);
  });

  it('has shapes, and the axis of a reduction, in its sizes', async () => {
    const module = await compiledDraft(`
      export function run(sizes: usize, input: usize, result: usize): void {
        const axis = load<i32>(sizes + 64);
        let outer = 1, inner = 1;
        for (let at = 0; at < axis; at++) outer *= load<i32>(sizes + (at << 2));
        for (let at = axis + 1; at < 8; at++) inner *= load<i32>(sizes + (at << 2));
        const count = load<i32>(sizes + (axis << 2));
        for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) {
          let most = -Infinity as f32;
          for (let c = 0; c < count; c++) {
            most = max(most, load<f32>(input + ((o * count + c) * inner + i << 2)));
          }
          store<f32>(result + (o * inner + i << 2), most);
        }
      }`);
    expect(await found(module, { operator: 'reduce-max' })).toMatchObject({ kind: 'right' });
  });

  it('that is wrong is told its worst element', async () => {
    const finding = await found(await changed('x < 0 ? 0 : x', 'x < 0 ? 0 : x + 1'));
    expect(finding).toMatchObject({ kind: 'wrong' });
    const vectors = finding.kind === 'wrong' ? finding.vectors : [];
    const wrong = vectors.flatMap((one) => (one.kind === 'wrong' ? [one] : []));
    expect(wrong.length).toBeGreaterThan(1);
    for (const { worst } of wrong) expect(worst.allowed).toBe(0);
  });

  it.each([
    ['traps', 'let count = 1;', 'let count = 1; unreachable();', /ended with "unreachable"/],
    ['reads past its memory', 'load<f32>(input', 'load<f32>(0x40000000 + input', /out of bounds/],
    [
      'calls itself for ever',
      'let count = 1;',
      'let count = 1; run(sizes, input, result);',
      /stack/,
    ],
    [
      'writes past its result',
      'at < count; at++',
      'at <= count; at++',
      /past the end of its result/,
    ],
    ['writes before it', 'store<f32>(result', 'store<f32>(result - 4', /before the beginning/],
    ['writes to its input', 'store<f32>(result', 'store<f32>(input', /changed its input 0/],
    ['writes to the sizes', 'store<f32>(result', 'store<f32>(sizes', /changed the sizes/],
  ])('that %s fails, and says so', async (_, part, by, why) => {
    const finding = await found(await changed(part, by));
    const vectors = finding.kind === 'wrong' ? finding.vectors : [];
    expect(vectors.at(-1)).toMatchObject({ kind: 'failed', why: expect.stringMatching(why) });
  });

  it.each([
    ['is no module', async () => Uint8Array.of(1, 2, 3, 4), /no module.*magic/],
    ['is empty', async () => new Uint8Array(0), /no module/],
    ['is cut off', async () => relu.subarray(0, 40), /no module/],
    [
      'imports something',
      () => compiledDraft(IMPORTS),
      /imports env\.log, env\.abort|imports draft\.log/,
    ],
    ['has no function of the name', () => changed('function run', 'function relu'), /"run", but/],
    [
      'has a function of other parameters',
      () => changed(', result: usize', ', result: usize, more: i32'),
      /takes 4 addresses, not 3/,
    ],
    ['exports no memory', () => compiledDraft(RELU_DRAFT, ['--noExportMemory']), /no memory named/],
    [
      'has a memory above the limit',
      () => compiledDraft(RELU_DRAFT, ['--initialMemory', '5000']),
      /5000 pages/,
    ],
    ['shares its memory', async () => SHARED, /shared/],
    [
      'traps while it starts',
      () => compiledDraft(`${RELU_DRAFT}\nunreachable();`),
      /does not start/,
    ],
  ])('that %s is refused', async (_, module, why) => {
    const finding = await found(await module());
    expect(finding).toMatchObject({ kind: 'refused', why: expect.stringMatching(why) });
  });

  it('that is larger than the limit is not looked at', async () => {
    const draft = {
      kind: 'wasm',
      operator: 'relu',
      module: new Uint8Array(DRAFT_BYTES_MAX + 1),
    } as const;
    expect(await tryDraft(draft, HOW)).toMatchObject({ failure: { code: 'limit_exceeded' } });
  });

  it('cannot grow its memory above the limit', async () => {
    // Traps where it ever has more than the 4096 pages of the limit.
    const grows = 'while (memory.grow(100) >= 0) {} while (memory.grow(1) >= 0) {}';
    const module = await changed(
      'let count = 1;',
      `${grows} assert(memory.size() == 4096); let count = 1;`,
    );
    expect(DRAFT_MEMORY_BYTES_MAX / 65_536).toBe(4096);
    expect(await found(module)).toMatchObject({ kind: 'right' });
  });

  it('stops between two vectors where it is told to', async () => {
    const draft = { kind: 'wasm', operator: 'relu', module: relu } as const;
    const outcome = await tryDraft(draft, { ...HOW, signal: AbortSignal.abort() });
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'canceled' } });
  });
});

describe('boundedModule', () => {
  it('leaves a maximum that is below the bound, and lowers one above', async () => {
    for (const [declared, kept] of [
      [100, 100],
      [60_000, 4096],
    ] as const) {
      const module = await compiledDraft(RELU_DRAFT, ['--maximumMemory', String(declared)]);
      const bounded = boundedModule(module, DRAFT_MEMORY_BYTES_MAX);
      if (bounded.kind !== 'bounded') throw new Error(bounded.why);
      const { instance } = await WebAssembly.instantiate(bounded.bytes);
      const { memory } = instance.exports;
      if (!(memory instanceof WebAssembly.Memory)) throw new Error('it exports its memory');
      const before = memory.buffer.byteLength / 65_536;
      memory.grow(kept - before);
      expect(() => memory.grow(1)).toThrow(RangeError);
    }
  });

  it('never throws, whatever byte is changed or missing', () => {
    for (let at = 0; at < relu.length; at++) {
      for (const by of [0, 5, 127, 255]) boundedModule(relu.with(at, by), DRAFT_MEMORY_BYTES_MAX);
      boundedModule(relu.subarray(0, at), DRAFT_MEMORY_BYTES_MAX);
    }
    expect(boundedModule(relu, DRAFT_MEMORY_BYTES_MAX).kind).toBe('bounded');
  });
});

const IMPORTS = `
declare function log(x: i32): void;
export function run(sizes: usize, input: usize, result: usize): void { log(1); }
`;

/** A memory of one page, at most two, shared; and nothing else. */
const SHARED = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 5, 4, 1, 3, 1, 2);
