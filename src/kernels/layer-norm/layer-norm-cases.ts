import { randomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { normRows } from '../norm-rows.ts';
import { float32Tensor, randomFloat32, type OperatorCase } from '../operator-case.ts';

/** Published vectors of layer-norm. */
export function layerNormCases(): readonly OperatorCase[] {
  const stream = randomStream(1, 'layer-norm-cases');
  const of = (name: string, x: Tensor, by: { gain?: Tensor; bias?: Tensor } = {}): OperatorCase => {
    const shape = [x.shape[1] ?? 0];
    const gain = by.gain ?? randomFloat32(stream, { shape, low: 0.5, high: 2 });
    const bias = by.bias ?? randomFloat32(stream, { shape });
    return { name, call: { operator: 'layer-norm', inputs: [x, gain, bias] } };
  };
  const cases: OperatorCase[] = [];
  for (const [name, x] of normRows(stream)) cases.push(of(name, x));
  const random = randomFloat32(stream, { shape: [2, 4] });
  const wrong = of('a gain or bias that is no number', random, {
    gain: float32Tensor([4], [1, NaN, 0, -2]),
    bias: float32Tensor([4], [Infinity, 1, -1, NaN]),
  });
  return [...cases, wrong];
}
