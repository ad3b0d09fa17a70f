import { randomStream } from '../../domain/random.ts';
import { float32Tensor, randomFloat32, SPECIAL, type OperatorCase } from '../operator-case.ts';

/** Both sides of a block of 16, and a workgroup of 256. */
const SHAPES = [
  [1, 1],
  [1, 5],
  [5, 1],
  [16, 16],
  [15, 17],
  [33, 31],
  [0, 3],
] as const;

/** Published vectors of transpose. */
export function transposeCases(): readonly OperatorCase[] {
  const stream = randomStream(1, 'transpose-cases');
  const byShape = SHAPES.map((shape) => ({
    name: `[${shape.join()}]`,
    call: { operator: 'transpose' as const, inputs: [randomFloat32(stream, { shape })] },
  }));
  const special = float32Tensor([2, SPECIAL.length / 2], SPECIAL);
  const call = { operator: 'transpose' as const, inputs: [special] };
  return [...byShape, { name: 'special numbers', call }];
}
