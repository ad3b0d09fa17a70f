import { randomStream } from '../../domain/random.ts';
import { float32Tensor, randomFloat32, type OperatorCase } from '../operator-case.ts';

/** Both sides of the kernels' blocks: 4 rows, 8 and 64 columns, 8 and 256 deep. */
const SIZES = [
  [1, 1, 1],
  [4, 16, 8],
  [5, 17, 9],
  [3, 255, 7],
  [2, 256, 5],
  [3, 257, 31],
  [64, 64, 64],
  [65, 63, 67],
  [67, 5, 129],
  [4, 0, 3],
] as const;

/** Published vectors of matmul. */
export function matmulCases(): readonly OperatorCase[] {
  const stream = randomStream(1, 'matmul-cases');
  const bySize = SIZES.map(([m, k, n]) => ({
    name: `[${m},${k}] x [${k},${n}]`,
    call: {
      operator: 'matmul' as const,
      inputs: [randomFloat32(stream, { shape: [m, k] }), randomFloat32(stream, { shape: [k, n] })],
    },
  }));
  return [...bySize, identity(), special()];
}

function identity(): OperatorCase {
  const size = 37;
  const unit = Array.from({ length: size * size }, (_, index) => (index % (size + 1) ? 0 : 1));
  const other = randomFloat32(randomStream(2, 'matmul-cases'), { shape: [size, 11] });
  const inputs = [float32Tensor([size, size], unit), other];
  return { name: 'the identity', call: { operator: 'matmul', inputs } };
}

function special(): OperatorCase {
  const left = float32Tensor([4, 2], [Infinity, 1, NaN, 1, 0, 1, -Infinity, 0]);
  const right = float32Tensor([2, 3], [1, -1, 0, 2, 2, 2]);
  return { name: 'NaN and infinity', call: { operator: 'matmul', inputs: [left, right] } };
}
