import type { InferenceSession } from 'onnxruntime-web';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { openModelSession, type OrtPackage } from './model-session.ts';
import type { ModelRunner } from './model.ts';

/** A value, so that no bundler of a page follows it: the package holds native code. */
const NATIVE_PACKAGE = 'onnxruntime-node';

/**
 * Opens ONNX Runtime's CPU provider in Node. `threads` is what one run may use.
 *
 * Errors: backend_unsupported (the optional package is absent or does not load here).
 */
export async function openNodeModelRunner(of: {
  readonly threads: number;
}): Promise<Outcome<ModelRunner>> {
  const ort = await loadNodePackage();
  if (!ort.ok) return ort;
  const options = nodeSessionOptions(of);
  const lostBecause = (): null => null;
  return succeed({
    backend: 'native',
    load: (model) => openModelSession({ ort: ort.value, model, options, lostBecause }),
  });
}

/** How sessions of the CPU provider are opened. */
export function nodeSessionOptions({
  threads,
}: {
  readonly threads: number;
}): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  };
}

/** Loads ONNX Runtime for Node. Errors: as of `openNodeModelRunner`. */
export async function loadNodePackage(): Promise<Outcome<OrtPackage>> {
  try {
    // Untyped by its value; onnxruntime-node and onnxruntime-web export the same types.
    return succeed(await import(/* @vite-ignore */ NATIVE_PACKAGE));
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    const remedy = 'run npm install with optional dependencies, or run models in WASM';
    const text = `${NATIVE_PACKAGE} does not load here: ${remedy} (${why.slice(0, 200)})`;
    return fail(failure('backend_unsupported', text));
  }
}
