import { laneBytes, type Capability } from '../domain/capability.ts';
import { failure, type Failure, type FailureCode } from '../domain/failure.ts';
import {
  GRAPH_NODES_MAX,
  MODEL_BATCH_MAX,
  MODEL_BYTES_MAX,
  STAGE_TENSORS_MAX,
  TASK_OUTPUT_BYTES_MAX,
  TOLD_WAIT_MS_MAX,
} from '../domain/limits.ts';
import type { Outcome } from '../domain/outcome.ts';
import { elementBytes, elementCount } from '../domain/tensor.ts';
import type { LeasedTask, StageWork } from '../domain/work.ts';
import { stageMemory, taskBytes, type StageMemory } from '../workloads/index.ts';
import { primitivesOf } from './lane-message.ts';

/** What an agent told an orchestrator of itself, by which that one is to give it tasks. */
export type Offer = Pick<Capability, 'primitives' | 'memoryBytes' | 'lanes'>;

const MIB = 1024 * 1024;

/**
 * Why an agent does not take a task up, from what it was told of it and before it fetches anything;
 * null where it does.
 *
 * An orchestrator controls all of the task. A refused one is reported as failed with this reason,
 * which counts against nobody: an honest orchestrator has others try it first from then on.
 */
export function refuteTask(task: LeasedTask, offer: Offer): Failure | null {
  const { work, leaseMs } = task;
  if (leaseMs < 1 || leaseMs > TOLD_WAIT_MS_MAX) {
    const text = `its lease is to last ${leaseMs} ms, of 1 to ${TOLD_WAIT_MS_MAX}`;
    return refused('input_invalid', `${text}. The orchestrator has a fault; report it.`);
  }
  const lacked = primitivesOf(work).filter((primitive) => !(primitive in offer.primitives));
  if (lacked.length > 0) {
    const text = `it runs ${lacked.slice(0, 3).join(', ')}, which this agent did not offer`;
    return refused('operator_unsupported', `${text}. Give it to one that did.`);
  }
  return tooManyParts(work) ?? tooLargeOutput(task) ?? tooMuchMemory(task, offer);
}

function tooManyParts({ program, inputs, outputs }: StageWork): Failure | null {
  const counts = [
    { what: 'inputs', count: inputs.length, most: STAGE_TENSORS_MAX },
    { what: 'outputs', count: outputs.length, most: STAGE_TENSORS_MAX },
  ];
  if (program.kind === 'graph') {
    counts.push({ what: 'nodes', count: program.nodes.length, most: GRAPH_NODES_MAX });
  }
  if (program.kind === 'model') {
    const batch = program.fixedBatch ?? 1;
    counts.push({ what: 'rows in a batch', count: batch, most: MODEL_BATCH_MAX });
    counts.push({ what: 'bytes of model', count: program.model.byteLength, most: MODEL_BYTES_MAX });
  }
  const over = counts.find(({ count, most }) => count < 1 || count > most);
  if (over === undefined) return null;
  const { what, count, most } = over;
  return refused('limit_exceeded', `it has ${count} ${what}, of 1 to ${most}. Make it smaller.`);
}

/** An agent that put this out would be told that its result is malformed. */
function tooLargeOutput({ work, rows }: LeasedTask): Failure | null {
  let bytes = 0;
  for (const { dtype, rowShape } of work.outputs) {
    bytes += (rows.end - rows.start) * elementBytes(dtype) * elementCount(rowShape);
  }
  if (bytes <= TASK_OUTPUT_BYTES_MAX) return null;
  const text = `it puts out ${mib(bytes)}, at most ${mib(TASK_OUTPUT_BYTES_MAX)} may be`;
  return refused('limit_exceeded', `${text}. Cut smaller tasks.`);
}

function tooMuchMemory({ work, rows }: LeasedTask, offer: Offer): Failure | null {
  const memory = memoryOf(work);
  if (!memory.ok) return refused(memory.failure.code, memory.failure.message);
  const bytes = taskBytes(memory.value, rows.end - rows.start);
  const lent = laneBytes(offer);
  if (bytes <= lent) return null;
  const text = `it needs ${mib(bytes)} of memory, and ${mib(lent)} are lent to one task`;
  return refused('size_unsupported', `${text}. Lend more, use fewer lanes, or cut smaller tasks.`);
}

const memories = new WeakMap<StageWork, Outcome<StageMemory>>();

/** Found once for all tasks of a stage that come together. */
function memoryOf(work: StageWork): Outcome<StageMemory> {
  const known = memories.get(work) ?? stageMemory(work);
  memories.set(work, known);
  return known;
}

function refused(code: FailureCode, why: string): Failure {
  return failure(code, `refused: ${why}`);
}

function mib(bytes: number): string {
  return `${Math.ceil(bytes / MIB)} MiB`;
}
