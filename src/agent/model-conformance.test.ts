import { expect, it } from 'vitest';
import { succeed, type Outcome } from '../domain/outcome.ts';
import { openNodeModelRunner, openWebModelRunner, type ModelRunner } from '../kernels/index.ts';
import { openModelVectors } from './model-conformance.ts';

/** Opens the small model and runs it once. */
async function check(runner: ModelRunner): Promise<Outcome<void>> {
  const vectors = await openModelVectors(runner);
  return vectors.ok ? vectors.value(0) : vectors;
}

it.each([
  ['onnxruntime-node', () => openNodeModelRunner({ threads: 1 })],
  ['onnxruntime-web in WASM', () => openWebModelRunner({ backend: 'wasm', wasmPaths: null })],
])('passes %s', async (_, open) => {
  const runner = await open();
  expect(runner.ok && (await check(runner.value))).toEqual(succeed(undefined));
});

it('leaves its model open, because ONNX Runtime ends its GPU device with the last one', async () => {
  const opened = await openNodeModelRunner({ threads: 1 });
  if (!opened.ok) throw new Error(opened.failure.message);
  const closed: string[] = [];
  const watched: ModelRunner = {
    backend: 'native',
    load: async (model) => {
      const session = await opened.value.load(model);
      if (!session.ok) return session;
      const { inputs, outputs } = session.value;
      const close = async (): Promise<void> => void closed.push('model');
      return succeed({ inputs, outputs, close, run: (given) => session.value.run(given) });
    },
  };
  expect(await check(watched)).toEqual(succeed(undefined));
  expect(closed).toEqual([]);
});

it('fails a backend whose third element is off by a little', async () => {
  const opened = await openNodeModelRunner({ threads: 1 });
  if (!opened.ok) throw new Error(opened.failure.message);
  const wrong: ModelRunner = {
    backend: 'webgpu',
    load: async (model) => {
      const session = await opened.value.load(model);
      if (!session.ok) return session;
      return succeed({
        inputs: session.value.inputs,
        outputs: session.value.outputs,
        close: () => session.value.close(),
        run: async (inputs) => {
          const ran = await session.value.run(inputs);
          const bytes = ran.ok ? ran.value.get('out')?.bytes : undefined;
          if (bytes !== undefined) {
            const view = new DataView(bytes.buffer, bytes.byteOffset);
            view.setFloat32(8, view.getFloat32(8, true) + 0.01, true);
          }
          return ran;
        },
      });
    },
  };
  expect(await check(wrong)).toMatchObject({ failure: { code: 'conformance_failed' } });
});
