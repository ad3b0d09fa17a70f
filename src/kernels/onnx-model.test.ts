import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseOnnxModel } from './onnx-model.ts';

const MODELS = '../shared/models';

describe.skipIf(!existsSync(MODELS))(
  'parseOnnxModel on real models (skipped: no ../shared)',
  () => {
    const mnist = new Uint8Array(existsSync(MODELS) ? readFileSync(`${MODELS}/mnist.onnx`) : []);

    it('reads versions, operators, the one input without a value and the output of mnist', () => {
      const parsed = parseOnnxModel(mnist);
      expect(parsed).toMatchObject({ ok: true });
      expect(parsed).toHaveProperty('value.inputs', [
        { name: 'Input3', dtype: 'float32', shape: [1, 1, 28, 28] },
      ]);
      expect(parsed).toHaveProperty('value.outputs', [
        { name: 'Plus214_Output_0', dtype: 'float32', shape: [1, 10] },
      ]);
      expect(parsed).toHaveProperty('value.opsets', [{ domain: '', version: 8 }]);
      expect(parsed).toHaveProperty('value.operators', [
        { domain: '', type: 'Add', count: 3 },
        { domain: '', type: 'Conv', count: 2 },
        { domain: '', type: 'MatMul', count: 1 },
        { domain: '', type: 'MaxPool', count: 2 },
        { domain: '', type: 'Relu', count: 2 },
        { domain: '', type: 'Reshape', count: 2 },
      ]);
    });

    it('reads both outputs of ultraface', () => {
      const bytes = readFileSync(`${MODELS}/ultraface-rfb-320.onnx`);
      expect(parseOnnxModel(bytes)).toHaveProperty('value.outputs', [
        { name: 'scores', dtype: 'float32', shape: [1, 4420, 2] },
        { name: 'boxes', dtype: 'float32', shape: [1, 4420, 4] },
      ]);
    });

    it('never throws on a model that was cut off, and refuses nearly all cuts', () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: mnist.length - 1 }), (length) => {
          const parsed = parseOnnxModel(mnist.subarray(0, length));
          expect(parsed.ok ? 'parsed' : parsed.failure.code).toMatch(/^(parsed|input_malformed)$/);
        }),
      );
      expect(parseOnnxModel(mnist.subarray(0, 5000))).toMatchObject({
        failure: { code: 'input_malformed' },
      });
    });

    it('never throws on a model with flipped bytes', () => {
      const flip = fc.record({
        at: fc.nat(mnist.length - 1),
        to: fc.integer({ min: 0, max: 255 }),
      });
      fc.assert(
        fc.property(fc.array(flip, { minLength: 1, maxLength: 20 }), (flips) => {
          const bytes = mnist.slice();
          for (const { at, to } of flips) bytes[at] = to;
          expect(typeof parseOnnxModel(bytes).ok).toBe('boolean');
        }),
      );
    });
  },
);

describe('parseOnnxModel', () => {
  it('never throws on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(typeof parseOnnxModel(bytes).ok).toBe('boolean');
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['no bytes', []],
    ['text', [...new TextEncoder().encode('{"not": "onnx"}')]],
    ['a version alone', field(1, 7)],
    ['a graph without outputs', [...field(1, 7), ...nested(7, [])]],
    ['a length that runs past the end', [0x3a, 0xff, 0xff, 0xff, 0xff, 0x07]],
    ['a graph as a number', field(7, 1)],
  ])('refuses %s', (_, bytes) => {
    expect(parseOnnxModel(Uint8Array.from(bytes))).toMatchObject({
      failure: { code: 'input_malformed' },
    });
  });

  it('reads symbolic dimensions as null and counts operators of nested graphs', () => {
    const inner = nested(1, [...named(4, 'Neg')]);
    const loop = nested(1, [...named(4, 'Loop'), ...nested(5, nested(6, inner))]);
    const shape = [...nested(1, named(2, 'batch')), ...nested(1, field(1, 3))];
    const type = nested(1, [...field(1, 7), ...nested(2, shape)]);
    const value = [...named(1, 'x'), ...nested(2, type)];
    const graph = [...loop, ...nested(11, value), ...nested(12, value)];
    const parsed = parseOnnxModel(Uint8Array.from([...field(1, 7), ...nested(7, graph)]));
    expect(parsed).toHaveProperty('value.inputs', [
      { name: 'x', dtype: 'int64', shape: [null, 3] },
    ]);
    expect(parsed).toHaveProperty('value.operators', [
      { domain: '', type: 'Loop', count: 1 },
      { domain: '', type: 'Neg', count: 1 },
    ]);
  });

  it('refuses graphs nested without end', () => {
    let graph: number[] = nested(1, named(4, 'Neg'));
    for (let depth = 0; depth < 40; depth++) {
      graph = nested(1, [...named(4, 'If'), ...nested(5, nested(6, graph))]);
    }
    const bytes = Uint8Array.from([...field(1, 7), ...nested(7, graph)]);
    expect(parseOnnxModel(bytes)).toHaveProperty(
      'failure.message',
      expect.stringContaining('nested deeper than 32'),
    );
  });

  it('refuses weights in other files, and says how to save one file', () => {
    const weights = nested(5, [...named(8, 'w'), ...nested(13, named(1, 'location'))]);
    const graph = [...weights, ...nested(12, named(1, 'y'))];
    expect(parseOnnxModel(Uint8Array.from([...field(1, 7), ...nested(7, graph)]))).toMatchObject({
      failure: { code: 'input_invalid', message: expect.stringContaining('as one file') },
    });
  });
});

/** A varint field. */
function field(number: number, value: number): number[] {
  return [number << 3, value];
}

/** A length-delimited field. */
function nested(number: number, body: number[]): number[] {
  const length = [];
  let rest = body.length;
  for (; rest > 127; rest >>= 7) length.push((rest & 127) | 128);
  return [(number << 3) | 2, ...length, rest, ...body];
}

function named(number: number, text: string): number[] {
  return nested(number, [...new TextEncoder().encode(text)]);
}
