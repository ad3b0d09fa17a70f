import { httpBlocks, openBlob, readSlice } from '../../src/data/index.ts';
import type { JobId } from '../../src/domain/ids.ts';
import { tensorBytes, type Tensor, type TensorRef } from '../../src/domain/tensor.ts';
import { namedTensorFromWire } from '../../src/wire/index.ts';
import { certain } from './client.ts';
import type { TestOrchestrator } from './orchestrator.ts';

/** The output tensors of a job, by name. */
export async function readOutput(
  orchestrator: Pick<TestOrchestrator, 'url' | 'producer'>,
  job: JobId,
): Promise<ReadonlyMap<string, Tensor>> {
  const { outputs } = await orchestrator.producer.jobs.getOutput({ jobId: job });
  const tensors = new Map<string, Tensor>();
  for (const output of outputs) {
    const { name, tensor } = certain(namedTensorFromWire(output));
    tensors.set(name, await readTensor(orchestrator.url, tensor));
  }
  return tensors;
}

async function readTensor(url: string, ref: TensorRef): Promise<Tensor> {
  const { dtype, shape, source } = ref;
  if (source.kind === 'inline') return { dtype, shape, bytes: source.bytes };
  const blocks = httpBlocks({ origin: url });
  const blob = certain(await openBlob(blocks, { blob: source.blob }));
  const slice = { blob, byteOffset: source.byteOffset, byteLength: tensorBytes(ref) };
  return { dtype, shape, bytes: certain(await readSlice(blocks, slice)) };
}
