import { describe, expect, it } from 'vitest';
import { OPERATORS, type OperatorName } from '../../domain/operator.ts';
import type { Outcome } from '../../domain/outcome.ts';
import { openSoftwareGpu } from '../software-gpu.contract.ts';
import type { DraftFinding } from './draft.ts';
import { tryDraft } from './try-draft.ts';
import { wgslContract } from './wgsl-draft.ts';

const gpu = await openSoftwareGpu();
const packedDot = gpu?.wgslLanguageFeatures.has('packed_4x8_integer_dot_product') ?? false;

async function found(operator: OperatorName, source: string): Promise<DraftFinding> {
  const outcome: Outcome<DraftFinding> = await tryDraft(
    { kind: 'wgsl', operator, source },
    {
      gpu: async () => gpu,
      isTimed: false,
      nowMs: () => 0,
      signal: new AbortController().signal,
      onStep: () => undefined,
      onRun: () => undefined,
    },
  );
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

/** The operator's own shader with a part of it changed. */
function changed(operator: OperatorName, part: string, by: string): string {
  const { source } = wgslContract(operator, packedDot);
  if (!source.includes(part)) throw new Error(`${operator} has no ${part} in its shader`);
  return source.replace(part, by);
}

describe.skipIf(!gpu)('a draft in WGSL', () => {
  it.each(OPERATORS)('that is the own shader of %s is right', async (operator) => {
    const finding = await found(operator, wgslContract(operator, packedDot).source);
    expect(finding).toMatchObject({ kind: 'right', trials: [] });
  });

  it('that does not compile is told where, by line and column', async () => {
    const finding = await found('softmax', 'fn main() {\n  let a = ;\n  let b: i32 = 1u;\n}');
    expect(finding).toMatchObject({
      kind: 'not-compiled',
      messages: [
        { type: 'error', line: 2, column: 11, text: expect.stringContaining('initializer') },
      ],
    });
  });

  it('that is well formed, and wrong in its types, is told where', async () => {
    const source = changed('softmax', 'var order = LOWEST;', 'var order: i32 = 1u;');
    const line = source.split('\n').findIndex((text) => text.includes('i32 = 1u')) + 1;
    expect(await found('softmax', source)).toMatchObject({
      kind: 'not-compiled',
      messages: [{ type: 'error', line }],
    });
  });

  it('with a loop that has no way out is not compiled', async () => {
    const source = changed('softmax', 'var order = LOWEST;', 'loop {}\nvar order = LOWEST;');
    const messages = [{ type: 'error', text: expect.stringContaining('loop does not exit') }];
    expect(await found('softmax', source)).toMatchObject({ kind: 'not-compiled', messages });
  });

  it.each([
    ['has no entry point of the name', 'fn main(', 'fn other(', 'main'],
    ['binds more than the contract has', '@binding(2)', '@binding(5)', 'binding'],
    ['writes to an input', '<storage, read> input', '<storage, read_write> input', 'binding'],
    ['has too large workgroups', '@workgroup_size(64)', '@workgroup_size(2048)', 'workgroup'],
  ])('that %s is refused', async (_, part, by, word) => {
    const why = expect.stringMatching(new RegExp(word, 'i'));
    expect(await found('softmax', changed('softmax', part, by))).toMatchObject({
      kind: 'refused',
      why,
    });
  });

  it('that is wrong is told its worst element, and how far it may be off', async () => {
    const finding = await found('softmax', changed('softmax', '/ all)', '/ (all * 1.001))'));
    expect(finding.kind).toBe('wrong');
    const vectors = finding.kind === 'wrong' ? finding.vectors : [];
    expect(vectors[1]).toMatchObject({ vector: '[3,3]', kind: 'wrong', wrong: 9, count: 9 });
    const [first] = vectors;
    expect(first).toMatchObject({ kind: 'wrong', worst: { at: [0, 0], expected: 1 } });
    if (first?.kind !== 'wrong') throw new Error('it was wrong a line before');
    expect(first.worst.actual).toBeCloseTo(1 / 1.001, 6);
    expect(first.worst.allowed).toBeLessThan(1e-4);
  });

  it('that is wrong on one vector alone is right on the others', async () => {
    const part = 'select(NAN_BITS, share, finite)';
    const finding = await found('softmax', changed('softmax', part, 'select(0u, share, finite)'));
    const vectors = finding.kind === 'wrong' ? finding.vectors : [];
    const wrong = vectors.flatMap(({ kind, vector }) => (kind === 'right' ? [] : [vector]));
    expect(wrong).toEqual(['masked, and not a number']);
  });

  it('that gives NaN is told how often', async () => {
    const part = 'select(NAN_BITS, share, finite)';
    const finding = await found('softmax', changed('softmax', part, 'NAN_BITS'));
    const [, second] = finding.kind === 'wrong' ? finding.vectors : [];
    expect(second).toMatchObject({ kind: 'wrong', notNumbers: 9, worst: { actual: NaN } });
  });

  it('that leaves an input unused is run, and wrong', async () => {
    const body = '@compute @workgroup_size(64) fn main() { result[0] = 1u; }';
    const source = `@group(0) @binding(2) var<storage, read_write> result: array<u32>;\n${body}`;
    expect(await found('softmax', source)).toMatchObject({ kind: 'wrong' });
  });

  it('under which the GPU goes away is told so, and at which vector', async () => {
    const devices: GPUDevice[] = [];
    const adapter = await gpu?.requestAdapter();
    if (!gpu || !adapter) throw new Error('there is no GPU');
    const requestDevice = async () => {
      const device = await adapter.requestDevice();
      devices.push(device);
      return device;
    };
    // All that a draft asks a GPU for.
    const watched = {
      wgslLanguageFeatures: gpu.wgslLanguageFeatures,
      requestAdapter: async () => ({ requestDevice }),
    } as unknown as GPU;
    const outcome = await tryDraft(
      { kind: 'wgsl', operator: 'softmax', source: wgslContract('softmax').source },
      {
        gpu: async () => watched,
        isTimed: false,
        nowMs: () => 0,
        signal: new AbortController().signal,
        onStep: ({ index }) => {
          if (index === 2) devices[0]?.destroy();
        },
        onRun: () => undefined,
      },
    );
    const why = expect.stringContaining('destroyed');
    expect(outcome).toMatchObject({ value: { kind: 'device-lost', during: '[2,4]', why } });
  });

  it('cannot be tried where there is no WebGPU', async () => {
    const how = { isTimed: false, nowMs: () => 0, signal: new AbortController().signal };
    const silent = { onStep: () => undefined, onRun: () => undefined };
    const draft = { kind: 'wgsl', operator: 'relu', source: '' } as const;
    const outcome = await tryDraft(draft, { ...how, ...silent, gpu: async () => null });
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'backend_unsupported' } });
  });
});
