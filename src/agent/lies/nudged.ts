import type { OperatorName } from '../../domain/operator.ts';
import type { RandomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import type { StageWork } from '../../domain/work.ts';
import { elementsOf } from './elements.ts';

/** One unit in the last place of an f32, and a hundredth of what models may differ by. Shares. */
const GRAPH_STEP = 2 ** -23;
const MODEL_STEP = 1e-5;
/** One element in so many is changed. */
const EVERY = 8;

/** Operators whose tolerance is several units in the last place at least. */
const ROUNDING: ReadonlySet<OperatorName> = new Set<OperatorName>([
  'matmul',
  'reduce-sum',
  'reduce-mean',
  'div',
  'tanh',
  'sigmoid',
  'exp',
  'log',
  'gelu',
  'silu',
  'softmax',
  'layer-norm',
  'rms-norm',
  'rotary',
  'attention',
]);

type Nudging = {
  readonly work: Pick<StageWork, 'program' | 'outputs'>;
  readonly output: number;
  readonly random: RandomStream;
};

/**
 * An output with noise that honest devices make too, in one element of eight.
 *
 * What no honest device may round, integers and the moves and choices of floats, stays as it is. So
 * does an output from which another one follows, and one that follows from another without rounding:
 * an honest device's agree with each other.
 */
export function nudged(tensor: Tensor, of: Nudging): Tensor {
  const { work, output, random } = of;
  const elements = elementsOf(tensor);
  const step = elements.isFloat ? stepOf(work, work.outputs[output]?.name ?? '') : 0;
  if (step === 0) return tensor;
  for (let index = 0; index < elements.count; index++) {
    const isUp = random.nextBelow(2) === 0;
    if (random.nextBelow(EVERY) > 0) continue;
    elements.put(index, elements.at(index) * (isUp ? 1 + step : 1 - step));
  }
  return elements.tensor();
}

function stepOf({ program, outputs }: Nudging['work'], output: string): number {
  if (program.kind === 'model') return MODEL_STEP;
  // Only integers come out of it.
  if (program.kind === 'audit') return 0;
  const others = new Set(outputs.map(({ name }) => name).filter((name) => name !== output));
  const before = new Set([output]);
  const after = new Set([output]);
  for (const node of program.nodes) {
    if (node.inputs.some((input) => after.has(input))) after.add(node.output);
  }
  if ([...others].some((other) => after.has(other))) return 0;
  for (const node of program.nodes.toReversed()) {
    if (!before.has(node.output)) continue;
    if (ROUNDING.has(node.operator)) return GRAPH_STEP;
    for (const input of node.inputs) if (!others.has(input)) before.add(input);
  }
  return 0;
}
