import * as ort from 'onnxruntime-web/wasm';
import type { Tensor } from '../../../src/domain/tensor.ts';
import { onnxFile } from '../../../src/kernels/onnx-file.ts';

/** ONNX's numbers of element types. */
const TYPE = { float32: 1, uint8: 2, int8: 3, int32: 6 } as const;

/** A product by onnxruntime-web on one thread, ready to run again and again. */
export async function openOrtProduct(left: Tensor, right: Tensor): Promise<() => Promise<unknown>> {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'fatal';
  const isFloat = right.dtype === 'float32';
  const [x, y] = isFloat ? [TYPE.float32, TYPE.float32] : [TYPE.uint8, TYPE.int32];
  const w = isFloat ? TYPE.float32 : TYPE.int8;
  const [m = 0] = left.shape;
  const [, n = 0] = right.shape;
  const session = await ort.InferenceSession.create(
    onnxFile({
      inputs: [
        { name: 'x', type: x, shape: left.shape },
        { name: 'w', type: w, shape: right.shape },
      ],
      nodes: [{ operator: isFloat ? 'MatMul' : 'MatMulInteger', inputs: ['x', 'w'], output: 'y' }],
      outputs: [{ name: 'y', type: y, shape: [m, n] }],
    }),
  );
  const feeds = { x: ortTensor(left), w: ortTensor(right) };
  return () => session.run(feeds);
}

function ortTensor({ dtype, shape, bytes }: Tensor): ort.Tensor {
  const { buffer, byteOffset, byteLength } = bytes;
  switch (dtype) {
    case 'float32':
      return new ort.Tensor(dtype, new Float32Array(buffer, byteOffset, byteLength / 4), shape);
    case 'uint8':
      return new ort.Tensor(dtype, bytes, shape);
    case 'int8':
      return new ort.Tensor(dtype, new Int8Array(buffer, byteOffset, byteLength), shape);
    default:
      throw new Error(`no product takes ${dtype}`);
  }
}
