import { expose } from 'comlink';
import * as ort from 'onnxruntime-web/wasm';
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { matmulModel } from './matmul-model.ts';
import { imageRows, IMAGE_SHAPE } from './image-rows.ts';

/** What the bench asks of ONNX Runtime Web alone. */
export type DirectApi = {
  open(model: Uint8Array): Promise<void>;
  /** Milliseconds for one run a row, rows made before and cast from bytes as the agent does. */
  runRows(of: { readonly seed: number; readonly rows: number }): Promise<number>;
  /** One product of 64 x 64, from nothing. */
  multiplyOnce(): Promise<void>;
};

// As the agent has it: one thread a worker, files of the page's own origin.
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = { mjs: absolute(mjs), wasm: absolute(wasm) };

const ROW_LENGTH = IMAGE_SHAPE.reduce((product, size) => product * size, 1);
let opened: ort.InferenceSession | null = null;

expose({
  open: async (model) => {
    opened = await ort.InferenceSession.create(model, { executionProviders: ['wasm'] });
  },
  runRows: async ({ seed, rows }) => {
    if (opened === null) throw new Error('open a model first');
    const [name = ''] = opened.inputNames;
    const bytes = imageRows({ seed, rows });
    const startedAtMs = performance.now();
    for (let row = 0; row < rows; row++) {
      const values = Float32Array.from(bytes.subarray(row * ROW_LENGTH, (row + 1) * ROW_LENGTH));
      await opened.run({ [name]: new ort.Tensor('float32', values, [1, ...IMAGE_SHAPE]) });
    }
    return performance.now() - startedAtMs;
  },
  multiplyOnce: async () => {
    const size = 64;
    const session = await ort.InferenceSession.create(matmulModel(), {
      executionProviders: ['wasm'],
    });
    const values = new Float32Array(size * size).fill(1);
    const tensor = new ort.Tensor('float32', values, [size, size]);
    const { y } = await session.run({ a: tensor, b: tensor });
    if (y?.data[0] !== size) throw new Error('the product is wrong');
  },
} satisfies DirectApi);

function absolute(url: string): string {
  return new URL(url, location.href).href;
}
