import { USUAL_TERMS } from '../domain/job.ts';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TensorRef } from '../domain/tensor.ts';
import { httpBlocks, parseNpyHeader } from '../data/index.ts';
import { openNodeModelRunner } from '../kernels/index.ts';
import { jobSpecToWire, namedTensorFromWire } from '../wire/index.ts';
import { tensorReader } from './tensor-reader.ts';
import { producerOf, startForTest, valueOf, volunteerAt } from './volunteer.contract.ts';

const shared = new URL('../../../shared/', import.meta.url);
const [modelFile, imagesFile, labelsFile] = [
  new URL('models/mnist.onnx', shared),
  new URL('data/mnist-test-images.npy', shared),
  new URL('data/mnist-test-labels.npy', shared),
];
const present = existsSync(modelFile) && existsSync(imagesFile);
if (!present) process.stderr.write('skipped: inference on real digits (no ../shared)\n');

const ROWS = 500;

describe('an inference job', () => {
  it.skipIf(!present)('reads real digits, checked in a thread by ONNX Runtime', async () => {
    const orchestrator = await startForTest();
    const producer = producerOf(orchestrator);
    const model = readFileSync(modelFile);
    const images = readFileSync(imagesFile);
    const header = valueOf(parseNpyHeader(images, images.byteLength));
    const stored = await producer.put(model);
    const data = await producer.put(images);
    const tensor: TensorRef = {
      dtype: header.dtype,
      shape: [ROWS, ...header.shape.slice(1)],
      source: { ...data, ...(data.kind === 'blob' && { byteOffset: header.dataOffset }) },
    };
    const runner = valueOf(await openNodeModelRunner({ threads: 1 }));
    const session = valueOf(await runner.load(model));
    const blob = stored.kind === 'blob' ? stored.blob : ('' as never);
    const spec = jobSpecToWire({
      name: 'digits',
      workload: {
        kind: 'inference',
        model: { blob, byteLength: model.byteLength },
        inputs: [{ name: session.inputs[0]?.name ?? '', tensor }],
        constants: [],
        outputs: [],
      },
      ...USUAL_TERMS,
      checking: { kind: 'recompute', share: 0.1 },
      rowsPerTask: null,
    });
    const { job } = await producer.jobs.submitJob({ idempotencyKey: 'digits', spec });
    const jobId = job?.jobId ?? '';
    const volunteer = await volunteerAt(orchestrator.url, { model: session });
    const ended = (async () => {
      for await (const update of producer.jobs.watchJob({ jobId })) {
        if (update.job?.endedAtMs !== 0n) return update.job;
      }
      return null;
    })();
    await volunteer.workUntil(ended);
    expect(await ended).toMatchObject({
      state: 3,
      rowsAccepted: BigInt(ROWS),
      rowsSampled: BigInt(ROWS),
      checks: ['structure', 'signature', 'recompute-rows'],
    });
    const { outputs } = await producer.jobs.getOutput({ jobId });
    const [output] = outputs.map((one) => valueOf(namedTensorFromWire(one)));
    const read = tensorReader(httpBlocks({ origin: orchestrator.url }));
    const { bytes } = valueOf(await read(output?.tensor ?? tensor));
    const scores = new Float32Array(bytes.slice().buffer);
    const labels = readFileSync(labelsFile);
    const firstLabel = valueOf(parseNpyHeader(labels, labels.byteLength)).dataOffset;
    const right = Array.from({ length: ROWS }, (_, row) => {
      const digits = scores.subarray(row * 10, row * 10 + 10);
      return digits.indexOf(Math.max(...digits)) === labels[firstLabel + row];
    });
    expect(right.filter(Boolean)).toHaveLength(493);
    const pixels = images.subarray(header.dataOffset);
    for (let row = 0; row < ROWS; row++) {
      const image = Float32Array.from(pixels.subarray(row * 784, (row + 1) * 784));
      const alone = await session.run(
        new Map([
          [
            session.inputs[0]?.name ?? '',
            { dtype: 'float32', shape: [1, 1, 28, 28], bytes: new Uint8Array(image.buffer) },
          ],
        ]),
      );
      const [result] = valueOf(alone).values();
      expect(bytes.subarray(row * 40, row * 40 + 40)).toEqual(result?.bytes);
    }
  });
});
