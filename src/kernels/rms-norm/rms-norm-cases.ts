import { randomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { normRows } from '../norm-rows.ts';
import { float32Tensor, randomFloat32, type OperatorCase } from '../operator-case.ts';

/** Published vectors of rms-norm. */
export function rmsNormCases(): readonly OperatorCase[] {
  const stream = randomStream(1, 'rms-norm-cases');
  const of = (name: string, x: Tensor, by?: Tensor): OperatorCase => {
    const gain = by ?? randomFloat32(stream, { shape: [x.shape[1] ?? 0], low: 0.5, high: 2 });
    return { name, call: { operator: 'rms-norm', inputs: [x, gain] } };
  };
  const cases: OperatorCase[] = [];
  for (const [name, x] of normRows(stream)) cases.push(of(name, x));
  const random = randomFloat32(stream, { shape: [2, 4], low: 1, high: 2 });
  return [
    ...cases,
    of('gains that are no numbers', random, float32Tensor([4], [1, NaN, 0, Infinity])),
  ];
}
