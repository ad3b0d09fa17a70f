import { certain } from '../../network/client.ts';
import type { Checker } from '../../../src/orchestrator/checking/checker.ts';
import { memoryBlocks, sinkOf, writeBlob, type BlockStore } from '../../../src/data/index.ts';
import { USUAL_TERMS, type OperatorsSpec, type WorkloadSpec } from '../../../src/domain/job.ts';
import type { OperatorName, OperatorNode } from '../../../src/domain/operator.ts';
import { randomStream } from '../../../src/domain/random.ts';
import type { Shape, Tensor } from '../../../src/domain/tensor.ts';
import type { BlobRef, NamedTensor } from '../../../src/domain/work.ts';
import { planJob, planStage, type PlannedStage } from '../../../src/workloads/index.ts';
import { onnxFile } from '../../../src/kernels/onnx-file.ts';

/** What a job of the trust bench is about: an operator, a chain of some, or a model. */
export const SUBJECTS = [
  'qmatmul',
  'matmul',
  'add',
  'sub',
  'mul',
  'div',
  'max',
  'min',
  'reduce-sum',
  'reduce-mean',
  'reduce-max',
  'relu',
  'tanh',
  'sigmoid',
  'exp',
  'log',
  'transpose',
  'matmul, add, relu',
  'model rows',
] as const satisfies readonly (OperatorName | 'matmul, add, relu' | 'model rows')[];
export type Subject = (typeof SUBJECTS)[number];

/** Whether all of a result is checked, or rows of it that are drawn. */
export function isComplete(subject: Subject): boolean {
  return subject !== 'model rows';
}

/** A planned job of one stage. */
export type TrustJob = { readonly subject: Subject; readonly stage: PlannedStage };

/** How large the tasks of a job are. Elements are of one row. */
export type TaskSize = {
  readonly rowsPerTask: number;
  readonly taskCount: number;
  readonly columns: number;
  /** Inner dimension of products, and what each number of a reduction is made of. */
  readonly inner: number;
};

const MODEL_INNER = 16;
const MODEL_ROW_MS = 0.01;

/** Makes jobs over data that is new each time, and holds the blobs of models. */
export class TrustJobs {
  readonly blocks: BlockStore = memoryBlocks({ bytesMax: Infinity });
  #model: BlobRef | null = null;

  /** `checker` reads the blobs of this. */
  async make(
    subject: Subject,
    of: { readonly seed: number; readonly size: TaskSize; readonly checker: Checker },
  ): Promise<TrustJob> {
    const { size, checker } = of;
    const workload: WorkloadSpec =
      subject === 'model rows'
        ? modelSpec(await this.#modelRef(), of)
        : operatorsSpec(subject, drawer({ ...of, label: subject }));
    const probed = workload.kind === 'inference' ? certain(await checker.probe(workload)) : null;
    // What was measured would make each run another.
    const facts = probed && { ...probed, msPerRow: MODEL_ROW_MS };
    const terms = { ...USUAL_TERMS, rowsPerTask: size.rowsPerTask };
    const plan = certain(planJob({ name: subject, workload, ...terms }, facts));
    return { subject, stage: certain(planStage(plan, { stage: 0, tensors: new Map() })) };
  }

  /** The model that jobs run. */
  readonly modelFile = layersFile();

  async #modelRef(): Promise<BlobRef> {
    this.#model ??= certain(await writeBlob(sinkOf(this.blocks), once(this.modelFile)));
    return this.#model;
  }
}

type Draw = {
  readonly size: TaskSize;
  /** Numbers drawn evenly from -1 to 1, moved by `shift`. */
  floats(name: string, shape: Shape, shift?: number): NamedTensor;
  bytes(name: string, of: { readonly dtype: 'uint8' | 'int8'; readonly shape: Shape }): NamedTensor;
};

function drawer(of: { seed: number; label: string; size: TaskSize }): Draw {
  const random = randomStream(of.seed, of.label);
  return {
    size: of.size,
    floats: (name, shape, shift = 0) => {
      const values = new Float32Array(countOf(shape));
      for (let index = 0; index < values.length; index++) {
        values[index] = 2 * random.nextUnit() - 1 + shift;
      }
      return inline(name, { dtype: 'float32', shape, bytes: new Uint8Array(values.buffer) });
    },
    bytes: (name, { dtype, shape }) => {
      const below = dtype === 'uint8' ? 128 : 256;
      const bytes = Uint8Array.from({ length: countOf(shape) }, () => random.nextBelow(below));
      return inline(name, { dtype, shape, bytes });
    },
  };
}

function operatorsSpec(subject: Exclude<Subject, 'model rows'>, draw: Draw): OperatorsSpec {
  const { rowsPerTask, taskCount, columns, inner } = draw.size;
  const rows = rowsPerTask * taskCount;
  const left = (): NamedTensor => draw.floats('x', [rows, inner]);
  switch (subject) {
    case 'qmatmul': {
      const x = draw.bytes('x', { dtype: 'uint8', shape: [rows, inner] });
      return graph(
        [x, draw.bytes('w', { dtype: 'int8', shape: [inner, columns] })],
        [node('qmatmul', ['x', 'w'], 'y')],
      );
    }
    case 'matmul':
      return graph([left(), draw.floats('w', [inner, columns])], [node('matmul', ['x', 'w'], 'y')]);
    case 'matmul, add, relu':
      return graph(
        [left(), draw.floats('w', [inner, columns]), draw.floats('b', [columns])],
        [
          node('matmul', ['x', 'w'], 'product'),
          node('add', ['product', 'b'], 'sum'),
          node('relu', ['sum'], 'y'),
        ],
      );
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'max':
    case 'min': {
      const shape = [rows, columns];
      // Away from zero, by which nobody divides.
      const second = draw.floats('z', shape, subject === 'div' ? 2 : 0);
      return graph([draw.floats('x', shape), second], [node(subject, ['x', 'z'], 'y')]);
    }
    case 'reduce-sum':
    case 'reduce-mean':
    case 'reduce-max':
      return graph([left()], [{ ...node(subject, ['x'], 'y'), axis: 1 }]);
    case 'log':
      return graph([draw.floats('x', [rows, columns], 1.5)], [node('log', ['x'], 'y')]);
    case 'relu':
    case 'tanh':
    case 'sigmoid':
    case 'exp':
      return graph([draw.floats('x', [rows, columns])], [node(subject, ['x'], 'y')]);
    case 'transpose':
      return graph([draw.floats('x', [columns, rows])], [node('transpose', ['x'], 'y')]);
  }
}

function graph(inputs: readonly NamedTensor[], nodes: readonly OperatorNode[]): OperatorsSpec {
  return { kind: 'operators', inputs, nodes, outputs: ['y'] };
}

function node(operator: OperatorName, inputs: readonly string[], output: string): OperatorNode {
  return { operator, inputs, output };
}

function modelSpec(
  model: BlobRef,
  of: { readonly seed: number; readonly size: TaskSize },
): WorkloadSpec {
  const draw = drawer({ ...of, label: 'model rows' });
  const { rowsPerTask, taskCount, columns } = of.size;
  const inputs = [draw.floats('x', [rowsPerTask * taskCount, MODEL_INNER])];
  const constants = [
    draw.floats('w1', [MODEL_INNER, MODEL_INNER]),
    draw.floats('w2', [MODEL_INNER, columns]),
  ];
  return { kind: 'inference', model, inputs, constants, outputs: ['y'] };
}

/** Two layers, whose weights the job gives: relu(x w1), then tanh(. w2). */
function layersFile(): Uint8Array {
  return onnxFile({
    inputs: [
      { name: 'x', type: 1, shape: ['rows', 'inner'] },
      { name: 'w1', type: 1, shape: ['inner', 'hidden'] },
      { name: 'w2', type: 1, shape: ['hidden', 'columns'] },
    ],
    nodes: [
      { operator: 'MatMul', inputs: ['x', 'w1'], output: 'a' },
      { operator: 'Relu', inputs: ['a'], output: 'b' },
      { operator: 'MatMul', inputs: ['b', 'w2'], output: 'c' },
      { operator: 'Tanh', inputs: ['c'], output: 'y' },
    ],
    outputs: [{ name: 'y', type: 1, shape: ['rows', 'columns'] }],
  });
}

function inline(name: string, { dtype, shape, bytes }: Tensor): NamedTensor {
  return { name, tensor: { dtype, shape, source: { kind: 'inline', bytes } } };
}

function countOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

async function* once(whole: Uint8Array): AsyncGenerator<Uint8Array> {
  yield whole;
}
