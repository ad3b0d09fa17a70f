import { randomStream } from '../../../src/domain/random.ts';
import { randomFloat32, randomInt8, randomUint7 } from '../../../src/kernels/operator-case.ts';
import type { PlannedStage } from '../../../src/workloads/index.ts';
import { plannedStage, type StageStore } from './stage-store.ts';

/** Products of numbers of both signs, as most weights have; integers of all there are. */
export type Product = {
  readonly operator: 'matmul' | 'qmatmul';
  readonly taskRows: number;
  readonly size: number;
  readonly tasks: number;
};

/** A stage of tasks that each multiply so many rows with one square matrix. */
export async function productStage(
  { operator, taskRows, size, tasks }: Product,
  store: StageStore,
): Promise<PlannedStage> {
  const random = randomStream(taskRows, operator);
  const shapes = { left: [taskRows * tasks, size], right: [size, size] } as const;
  const [x, w] =
    operator === 'matmul'
      ? [
          randomFloat32(random, { shape: shapes.left }),
          randomFloat32(random, { shape: shapes.right }),
        ]
      : [randomUint7(random, shapes.left), randomInt8(random, shapes.right)];
  const nodes = [{ operator, inputs: ['x', 'w'], output: 'y' }];
  const inputs = await store.named({ x, w });
  const workload = { kind: 'operators', inputs, nodes, outputs: ['y'] } as const;
  return plannedStage(workload, { taskRows, facts: null });
}
