import type { Env } from 'onnxruntime-web';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { openModelSession, type OrtPackage } from './model-session.ts';
import type { ModelRunner } from './model.ts';

/** Where ONNX Runtime's two files of one build are served: absolute URLs on the page's origin. */
export type WasmPaths = { readonly mjs: string; readonly wasm: string };

export type WebPackage = OrtPackage & { readonly env: Env };

/**
 * Opens ONNX Runtime Web in this worker; its code and its WASM load only now.
 *
 * One thread, because agents run one lane a worker: so it starts no workers of its own, and a
 * strict page needs to allow no more than 'wasm-unsafe-eval'. The files are those of the
 * backend's build: `ort-wasm-simd-threaded.*` for wasm, `ort-wasm-simd-threaded.asyncify.*` for
 * webgpu. Null: the package's own, as in Node. ONNX Runtime is one for its realm, so a worker
 * opens one backend in its life, and after out_of_memory or device_lost it starts anew.
 *
 * Errors: backend_unsupported (no adapter, or the code does not load).
 */
export async function openWebModelRunner(of: {
  readonly backend: 'wasm' | 'webgpu';
  readonly wasmPaths: WasmPaths | null;
}): Promise<Outcome<ModelRunner>> {
  const ort = await loadWebPackage(of);
  if (!ort.ok) return ort;
  return succeed(of.backend === 'webgpu' ? webGpuRunner(ort.value) : wasmRunner(ort.value));
}

/** Loads ONNX Runtime Web, set up as `openWebModelRunner` says. Errors: backend_unsupported. */
export async function loadWebPackage(of: {
  readonly backend: 'wasm' | 'webgpu';
  readonly wasmPaths: WasmPaths | null;
}): Promise<Outcome<WebPackage>> {
  const { backend, wasmPaths } = of;
  if (backend === 'webgpu') {
    const adapter = await findAdapter();
    if (!adapter.ok) return adapter;
  }
  let ort: WebPackage;
  try {
    ort = await (backend === 'webgpu'
      ? import('onnxruntime-web/webgpu')
      : import('onnxruntime-web/wasm'));
  } catch (cause) {
    const text = `ONNX Runtime does not load: reload the page (${String(cause).slice(0, 200)})`;
    return fail(failure('backend_unsupported', text));
  }
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.logLevel = 'fatal';
  if (wasmPaths !== null) ort.env.wasm.wasmPaths = { ...wasmPaths };
  return succeed(ort);
}

function wasmRunner(ort: WebPackage): ModelRunner {
  const options = { executionProviders: ['wasm'] } as const;
  const lostBecause = (): null => null;
  return {
    backend: 'wasm',
    load: (model) => openModelSession({ ort, model, options, lostBecause }),
  };
}

function webGpuRunner(ort: WebPackage): ModelRunner {
  const options = { executionProviders: ['webgpu'] } as const;
  let lost: string | null = null;
  let watched = false;
  const lostBecause = (): string | null => lost;
  return {
    backend: 'webgpu',
    load: async (model) => {
      const session = await openModelSession({ ort, model, options, lostBecause });
      // ONNX Runtime makes its device with the first session.
      if (session.ok && !watched) {
        watched = true;
        const device = await ort.env.webgpu.device;
        void device.lost.then((info) => (lost = `${info.reason}: ${info.message}`));
      }
      return session;
    },
  };
}

async function findAdapter(): Promise<Outcome<GPUAdapter>> {
  // Absent in Node and in browsers without WebGPU, whatever the DOM types say.
  const gpu: GPU | undefined = globalThis.navigator?.gpu;
  const adapter = (await gpu?.requestAdapter()) ?? null;
  if (adapter !== null) return succeed(adapter);
  return fail(failure('backend_unsupported', 'no WebGPU adapter here: run models in WASM'));
}
