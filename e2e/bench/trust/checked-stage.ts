import { assert } from '../../../src/domain/assert.ts';
import type { ContentId } from '../../../src/domain/ids.ts';
import { USUAL_TERMS } from '../../../src/domain/job.ts';
import type { OperatorNode } from '../../../src/domain/operator.ts';
import { succeed } from '../../../src/domain/outcome.ts';
import {
  tensorBytes,
  type RowRange,
  type Tensor,
  type TensorRef,
} from '../../../src/domain/tensor.ts';
import type { StageWork, TaskOutput } from '../../../src/domain/work.ts';
import { memoryBlocks, sinkOf, writeBlob } from '../../../src/data/index.ts';
import type { Kernels, OperatorCall } from '../../../src/kernels/index.ts';
import { planJob, planStage, type TensorReader } from '../../../src/workloads/index.ts';
import { certain } from '../../network/client.ts';

/** A graph of one stage with its numbers. */
export type Graph = {
  readonly nodes: readonly OperatorNode[];
  readonly inputs: ReadonlyMap<string, Tensor>;
};

/** A stage as it is planned where all rows are checked, and an honest result of all its rows. */
export type CheckedStage = {
  readonly work: StageWork;
  readonly rows: RowRange;
  readonly output: TaskOutput;
  /** Gives bytes that are in memory. */
  readonly read: TensorReader;
  /** The same, as blocks. */
  readonly blocks: ReturnType<typeof memoryBlocks>;
};

/** Plans a graph, computes it, and stores its tensors as an orchestrator does. */
export async function checkedStage(graph: Graph, kernels: Kernels): Promise<CheckedStage> {
  const blocks = memoryBlocks({ bytesMax: 1024 ** 3 });
  const stored = new Map<ContentId<'blob'>, Uint8Array>();
  const put = async ({ dtype, shape, bytes }: Tensor): Promise<TensorRef> => {
    const { blob } = certain(await writeBlob(sinkOf(blocks), once(bytes)));
    stored.set(blob, bytes);
    return { dtype, shape, source: { kind: 'blob', blob, byteOffset: 0 } };
  };
  const read: TensorReader = async ({ dtype, shape, source }) => {
    assert(source.kind === 'blob', 'all tensors were stored');
    const bytes = stored.get(source.blob);
    assert(bytes !== undefined, 'all tensors were stored');
    const end = source.byteOffset + tensorBytes({ dtype, shape });
    return succeed({ dtype, shape, bytes: bytes.subarray(source.byteOffset, end) });
  };
  const inputs = [];
  for (const [name, tensor] of graph.inputs) inputs.push({ name, tensor: await put(tensor) });
  const last = graph.nodes.at(-1)?.output ?? '';
  const workload = { kind: 'operators', inputs, nodes: graph.nodes, outputs: [last] } as const;
  const plan = certain(planJob({ ...USUAL_TERMS, name: 'checked', workload }, null));
  assert(plan.stageCount === 1, 'the graph is one stage');
  const { work, rowCount } = certain(planStage(plan, { stage: 0, tensors: new Map() }));
  const made = await computed(graph, kernels);
  const output: TensorRef[] = [];
  for (const { name } of work.outputs) {
    const tensor = made.get(name);
    assert(tensor !== undefined, 'a planned stage makes its outputs');
    output.push(await put(tensor));
  }
  return { work, rows: { start: 0, end: rowCount }, output, read, blocks };
}

/** All tensors that the nodes make, each of whole tensors at once: the work, and no more. */
export async function computed(
  { nodes, inputs }: Graph,
  kernels: Kernels,
): Promise<ReadonlyMap<string, Tensor>> {
  const tensors = new Map(inputs);
  for (const { operator, inputs: names, output, axis } of nodes) {
    const operands = names.flatMap((name) => tensors.get(name) ?? []);
    const call: OperatorCall = { operator, inputs: operands };
    const run = kernels.run(axis === undefined ? call : { ...call, axis });
    tensors.set(output, certain(await run));
  }
  return tensors;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
