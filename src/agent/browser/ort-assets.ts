import gpuMjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import gpuWasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import wasmMjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasmWasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';

type Files = { readonly mjs: string; readonly wasm: string };

/** Where ONNX Runtime's files are served, by backend; Vite puts them there and only Vite reads this. */
export const ORT_ASSETS: Readonly<Record<'wasm' | 'webgpu', Files>> = {
  wasm: { mjs: absolute(wasmMjs), wasm: absolute(wasmWasm) },
  webgpu: { mjs: absolute(gpuMjs), wasm: absolute(gpuWasm) },
};

function absolute(url: string): string {
  return new URL(url, location.href).href;
}
