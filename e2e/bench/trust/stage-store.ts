import { memoryBlocks, sinkOf, writeBlob } from '../../../src/data/index.ts';
import { USUAL_TERMS, type WorkloadSpec } from '../../../src/domain/job.ts';
import { succeed } from '../../../src/domain/outcome.ts';
import { tensorBytes, type Tensor, type TensorRef } from '../../../src/domain/tensor.ts';
import type { NamedTensor } from '../../../src/domain/work.ts';
import {
  planJob,
  planStage,
  type ModelFacts,
  type PlannedStage,
  type TensorReader,
} from '../../../src/workloads/index.ts';
import { certain } from '../../network/client.ts';

/** The tensors of stages, as blocks, and with all bytes at hand: who reads them so pays nothing. */
export class StageStore {
  readonly blocks = memoryBlocks({ bytesMax: Infinity });
  readonly #bytes = new Map<string, Uint8Array>();

  readonly read: TensorReader = async ({ dtype, shape, source }) => {
    const whole = source.kind === 'blob' ? this.#bytes.get(source.blob) : undefined;
    if (source.kind !== 'blob' || whole === undefined) throw new Error('all tensors were put here');
    const end = source.byteOffset + tensorBytes({ dtype, shape });
    return succeed({ dtype, shape, bytes: whole.subarray(source.byteOffset, end) });
  };

  async put({ dtype, shape, bytes }: Tensor): Promise<TensorRef> {
    const { blob } = certain(await writeBlob(sinkOf(this.blocks), once(bytes)));
    this.#bytes.set(blob, bytes);
    return { dtype, shape, source: { kind: 'blob', blob, byteOffset: 0 } };
  }

  async named(tensors: Readonly<Record<string, Tensor>>): Promise<readonly NamedTensor[]> {
    const named: NamedTensor[] = [];
    for (const [name, tensor] of Object.entries(tensors)) {
      named.push({ name, tensor: await this.put(tensor) });
    }
    return named;
  }
}

/** The only stage of a job that leaves checking to us; `facts` are those of a model. */
export function plannedStage(
  workload: WorkloadSpec,
  of: { readonly taskRows: number; readonly facts: ModelFacts | null },
): PlannedStage {
  const terms = { ...USUAL_TERMS, rowsPerTask: of.taskRows };
  const plan = certain(planJob({ name: 'measured', workload, ...terms }, of.facts));
  if (plan.stageCount !== 1) throw new Error('the job is one stage');
  return certain(planStage(plan, { stage: 0, tensors: new Map() }));
}

/** A file's bytes, as they are written. */
export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
