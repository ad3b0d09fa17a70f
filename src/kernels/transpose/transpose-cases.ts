import { randomStream } from '../../domain/random.ts';
import {
  float32Tensor,
  randomFloat32,
  SPECIAL,
  SUBNORMAL,
  type OperatorCase,
} from '../operator-case.ts';

/** Both sides of a block of 16, and a workgroup of 256. */
const SHAPES = [
  [1, 1],
  [1, 5],
  [5, 1],
  [16, 16],
  [15, 17],
  [33, 31],
  [65, 130],
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
  const tiny = float32Tensor([SUBNORMAL.length / 2, 2], SUBNORMAL);
  const moved = { operator: 'transpose' as const, inputs: [tiny] };
  return [...byShape, { name: 'special numbers', call }, { name: 'subnormals', call: moved }];
}
