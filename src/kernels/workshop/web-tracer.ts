import { succeed, type Outcome } from '../../domain/outcome.ts';
import { loadWebPackage, type WasmPaths } from '../model-web.ts';
import type { Tracer } from './trace-model.ts';

/**
 * ONNX Runtime Web in this worker, with its profiles.
 *
 * It prints a profile, and takes hold of what prints with its first session: so what it prints is
 * `listened` to from before that, for the rest of the worker's life.
 *
 * Errors: backend_unsupported.
 */
export async function openWebTracer(of: {
  readonly backend: 'wasm' | 'webgpu';
  readonly wasmPaths: WasmPaths | null;
  /** Has all that ONNX Runtime prints heard, and printed no more. */
  readonly listen: (heard: (text: string) => void) => void;
}): Promise<Outcome<Tracer>> {
  let printed: string[] = [];
  of.listen((text) => void printed.push(text));
  const ort = await loadWebPackage(of);
  if (!ort.ok) return ort;
  return succeed({
    backend: of.backend,
    ort: ort.value,
    options: { executionProviders: [of.backend] },
    beginProfile: async () => ({}),
    endProfile: async (session) => {
      printed = [];
      session.endProfiling();
      return printed.join('\n');
    },
  });
}

/** Where ONNX Runtime prints in a browser. */
export function listenToConsole(heard: (text: string) => void): void {
  console.log = (...parts: readonly unknown[]): void => heard(parts.join(' '));
}
