import type { CheckingPolicy } from '../../domain/checking.ts';
import { USUAL_TERMS, type JobSpec } from '../../domain/job.ts';
import type { OperatorNode } from '../../domain/operator.ts';
import type { RandomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';

/** A step of a simulated job's graph: each of its numbers is known beforehand. */
const STEPS = ['relu', 'shift', 'double', 'transpose'] as const;
type StepName = (typeof STEPS)[number];

/** A job whose output is known: what a producer submits, and what must come of it. */
export type JobDesign = {
  readonly key: string;
  readonly spec: JobSpec;
  readonly submitAtMs: number;
  /** Null: the producer waits for the output. */
  readonly cancelAfterMs: number | null;
  readonly isPoisoned: boolean;
  /** Submitted twice at once, with one key. */
  readonly isDoubled: boolean;
  /** The output, row by row. */
  readonly truth: readonly (readonly number[])[];
  /** Rows of the first stage. */
  readonly rowCount: number;
};

/** The number in an input row that kills whatever computes it. */
export const POISON = -666;

const ROWS_OF_SIZE = { small: 8, medium: 120, large: 600 } as const;
const ROWS_PER_TASK = { small: 3, medium: 8, large: 32 } as const;
const WEIGHTS = [1, 1, 1, 2, 4] as const;
const SIZES = ['small', 'medium', 'medium', 'large'] as const;
const POLICIES: readonly CheckingPolicy[] = [
  { kind: 'adaptive' },
  { kind: 'auto' },
  { kind: 'twice' },
  { kind: 'recompute', share: 0.25 },
  { kind: 'recompute', share: 1 },
];

/** Draws job number `index`, to be submitted within the first part of so many milliseconds. */
export function designJob(
  random: RandomStream,
  of: {
    readonly index: number;
    readonly durationMs: number;
    readonly isPoisoned: boolean;
    /** Two honest devices are there to compute a task. */
    readonly canTwice: boolean;
  },
): JobDesign {
  const { index, durationMs, isPoisoned } = of;
  const size = SIZES[random.nextBelow(SIZES.length)] ?? 'small';
  const rows = 1 + random.nextBelow(ROWS_OF_SIZE[size]);
  const columns = 1 + random.nextBelow(6);
  const steps = drawSteps(random);
  const values = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_value, column) => 10 * (row + 1) + column + (index % 7)),
  );
  const truth = steps.reduce(applyStep, values);
  const poisonedRow = values[random.nextBelow(rows)];
  if (isPoisoned && poisonedRow !== undefined) poisonedRow[0] = POISON;
  // Half of them leave it to the scheduler.
  const wanted = 1 + random.nextBelow(ROWS_PER_TASK[size]);
  const rowsPerTask = random.nextBelow(2) === 0 ? wanted : null;
  const weight = WEIGHTS[random.nextBelow(WEIGHTS.length)] ?? 1;
  const hasDeadline = random.nextBelow(10) === 0;
  const deadlineMs = hasDeadline ? 20_000 + random.nextBelow(120_000) : null;
  const drawn = POLICIES[random.nextBelow(POLICIES.length)] ?? { kind: 'adaptive' };
  const checking: CheckingPolicy =
    drawn.kind === 'twice' && !of.canTwice ? { kind: 'auto' } : drawn;
  const submitAtMs = random.nextBelow(Math.max(1, Math.floor(durationMs * 0.7)));
  const cancels = !isPoisoned && random.nextBelow(8) === 0;
  return {
    key: `job ${index}`,
    spec: {
      ...USUAL_TERMS,
      ...specOf({ name: `job ${index}`, values, columns, steps }),
      checking,
      rowsPerTask,
      weight,
      deadlineMs,
    },
    submitAtMs: index === 0 ? 0 : submitAtMs,
    cancelAfterMs: cancels ? 1_000 + random.nextBelow(30_000) : null,
    isPoisoned,
    isDoubled: random.nextBelow(4) === 0,
    truth,
    rowCount: rows,
  };
}

function drawSteps(random: RandomStream): readonly StepName[] {
  const count = 1 + random.nextBelow(5);
  return Array.from({ length: count }, () => STEPS[random.nextBelow(STEPS.length)] ?? 'relu');
}

/** What a step makes of a matrix: said here in plain numbers, apart from the system's kernels. */
function applyStep(
  matrix: readonly (readonly number[])[],
  step: StepName,
): readonly (readonly number[])[] {
  switch (step) {
    case 'relu':
      return matrix.map((row) => row.map((value) => Math.max(0, value)));
    case 'shift':
      return matrix.map((row) => row.map((value) => value + SHIFT));
    case 'double':
      return matrix.map((row) => row.map((value) => value + value));
    case 'transpose':
      return (matrix[0] ?? []).map((_, column) => matrix.map((row) => row[column] ?? 0));
  }
}

const SHIFT = 3;

function specOf(of: {
  readonly name: string;
  readonly values: readonly (readonly number[])[];
  readonly columns: number;
  readonly steps: readonly StepName[];
}): Pick<JobSpec, 'name' | 'workload'> {
  const { name, values, columns, steps } = of;
  const inputs = [{ name: 'x', tensor: inline(float32(values.flat(), [values.length, columns])) }];
  if (steps.includes('shift')) {
    inputs.push({ name: 'three', tensor: inline(float32([SHIFT], [])) });
  }
  const nodes: OperatorNode[] = [];
  for (const [index, step] of steps.entries()) {
    const input = index === 0 ? 'x' : `t${index}`;
    nodes.push({ ...operatorOf(step, input), output: `t${index + 1}` });
  }
  const outputs = [`t${steps.length}`];
  return { name, workload: { kind: 'operators', inputs, nodes, outputs } };
}

function operatorOf(step: StepName, input: string): Omit<OperatorNode, 'output'> {
  switch (step) {
    case 'relu':
      return { operator: 'relu', inputs: [input] };
    case 'shift':
      return { operator: 'add', inputs: [input, 'three'] };
    case 'double':
      return { operator: 'add', inputs: [input, input] };
    case 'transpose':
      return { operator: 'transpose', inputs: [input] };
  }
}

/** Numbers as a tensor's bytes. */
export function float32(values: readonly number[], shape: readonly number[]): Tensor {
  return { dtype: 'float32', shape, bytes: new Uint8Array(Float32Array.from(values).buffer) };
}

function inline({ dtype, shape, bytes }: Tensor) {
  return { dtype, shape, source: { kind: 'inline', bytes } } as const;
}
