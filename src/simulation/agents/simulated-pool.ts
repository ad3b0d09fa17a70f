import type { ComputePool } from '../../agent/compute-pool.ts';
import type { PoolTask } from '../../agent/pool-task.ts';
import { primitiveOf, type LaneResult, type LaneSurvey } from '../../agent/lane-message.ts';
import type { TaskData } from '../../agent/task-data.ts';
import { failure, type Failure } from '../../domain/failure.ts';
import { TASK_RUN_MS_MAX } from '../../domain/limits.ts';
import { OPERATORS, type OperatorName } from '../../domain/operator.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { RandomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { runReference, type Kernels } from '../../kernels/index.ts';
import { executeTask, taskInputs } from '../../workloads/index.ts';
import { POISON } from '../jobs/job-design.ts';
import type { SimulatedProcess } from '../kernel/simulated-process.ts';

/** How a device computes at the moment. */
export type Pace = {
  /** How long a laptop's second of computing takes here. Seconds. */
  slowness: number;
};

/** Makes a true result into another one, or leaves it. */
export type Twist = (outputs: readonly Tensor[]) => readonly Tensor[];

/** What one number of a row costs on a laptop, one operator. Milliseconds. */
const MS_PER_NUMBER = 1;
const OPEN_MS_MAX = 600;

/** Lanes that compute by the operators' references, in virtual time. */
export function simulatedPool(of: {
  readonly process: SimulatedProcess;
  readonly random: RandomStream;
  readonly pace: Pace;
  readonly give: TaskData['give'];
  readonly twist: Twist;
}): ComputePool {
  const { process, random, pace, twist } = of;
  let closing = new AbortController();

  const run = async ({ task, onProgress }: PoolTask, signal: AbortSignal): Promise<LaneResult> => {
    const until = AbortSignal.any([signal, closing.signal]);
    const primitive = primitiveOf(task.work);
    onProgress({ rowsDone: 0, primitive, backend: 'wasm' });
    const jitter = 0.75 + 0.5 * random.nextUnit();
    const computeMs = Math.ceil(laptopMs(task) * pace.slowness * jitter);
    const isOver = await waited(process, Math.min(computeMs, TASK_RUN_MS_MAX), until);
    if (!isOver) return ended(fail(failure('canceled', 'the task was stopped')), 0);
    if (computeMs > TASK_RUN_MS_MAX) return ended(fail(tooLong()), TASK_RUN_MS_MAX);
    const outputs = await compute(task, of.give, until);
    return ended(outputs.ok ? succeed(twist(outputs.value)) : outputs, computeMs);
  };

  return {
    async open(_limits, signal) {
      closing.abort();
      closing = new AbortController();
      const opened = await waited(process, 1 + random.nextBelow(OPEN_MS_MAX), signal);
      return opened ? succeed(SURVEY) : fail(failure('canceled', 'the lane was closed'));
    },
    survey: () => SURVEY,
    tryAgain: async () => succeed(SURVEY),
    run,
    close: () => closing.abort(),
  };
}

const SURVEY: LaneSurvey = {
  primitives: Object.fromEntries(OPERATORS.map((name) => [name, 'wasm'])),
  conformance: [],
  webgpu: null,
};

const REFERENCE: Kernels = {
  backend: 'wasm',
  operators: new Set<OperatorName>(OPERATORS),
  run: async (call) => runReference(call),
  lost: new Promise<string>(() => {}),
  close: () => {},
};

function ended(outputs: Outcome<readonly Tensor[]>, computeMs: number): LaneResult {
  return { outputs, computeMs, backend: 'wasm' };
}

function laptopMs({ work, rows }: PoolTask['task']): number {
  const width = Math.max(1, ...work.outputs.map(({ rowShape }) => rowShape[0] ?? 1));
  const nodes = work.program.kind === 'graph' ? work.program.nodes.length : 1;
  return MS_PER_NUMBER * Math.min(width, 8) * nodes * (rows.end - rows.start);
}

async function compute(
  task: PoolTask['task'],
  give: TaskData['give'],
  signal: AbortSignal,
): Promise<Outcome<readonly Tensor[]>> {
  const inputs = new Map<string, Tensor>();
  for (const [index, { name, ref }] of taskInputs(task.work, task.rows).entries()) {
    const cut = task.inputs[index] ?? null;
    if (cut !== null) {
      if (isPoisoned(cut)) return fail(poisoned());
      inputs.set(name, cut);
      continue;
    }
    const bytes = await give({ kind: 'tensor', tensor: ref }, signal);
    if (!bytes.ok) return bytes;
    const whole = { dtype: ref.dtype, shape: ref.shape, bytes: bytes.value };
    if (isPoisoned(whole)) return fail(poisoned());
    inputs.set(name, whole);
  }
  const { work, rows } = task;
  return executeTask({ work, rows, inputs, kernelsFor: () => REFERENCE, session: null, signal });
}

function isPoisoned({ bytes }: Tensor): boolean {
  return new Float32Array(bytes.slice().buffer).includes(POISON);
}

function tooLong(): Failure {
  return failure('timeout', `the task ran for more than ${TASK_RUN_MS_MAX} ms`);
}

function poisoned(): Failure {
  return failure('execution_failed', 'the kernel trapped: unreachable executed');
}

/** Waits; false where it was aborted before. */
function waited(process: SimulatedProcess, forMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const onAbort = (): void => {
      cancel();
      resolve(false);
    };
    const cancel = process.after(forMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve(true);
    });
    signal.addEventListener('abort', onAbort);
  });
}
