import fs from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { succeed, type Outcome } from '../domain/outcome.ts';
import {
  loadNodePackage,
  nodeSessionOptions,
  openWebTracer,
  type Tracer,
} from '../kernels/index.ts';

/**
 * ONNX Runtime in Node, with its profiles, which it writes to files.
 *
 * Errors: backend_unsupported.
 */
export async function openNativeTracer(): Promise<Outcome<Tracer>> {
  const ort = await loadNodePackage();
  if (!ort.ok) return ort;
  let folder = '';
  return succeed({
    backend: 'native',
    ort: ort.value,
    options: nodeSessionOptions({ threads: 1 }),
    beginProfile: async () => {
      folder = await mkdtemp(join(tmpdir(), 'manyhands-trace-'));
      return { profileFilePrefix: join(folder, 'profile') };
    },
    endProfile: async (session) => {
      session.endProfiling();
      const [name] = await readdir(folder);
      const text = name === undefined ? '' : await readFile(join(folder, name), 'utf8');
      await rm(folder, { recursive: true });
      return text;
    },
  });
}

/** ONNX Runtime Web in this process, which in Node prints to stdout. Errors: backend_unsupported. */
export function openWasmTracer(): Promise<Outcome<Tracer>> {
  return openWebTracer({ backend: 'wasm', wasmPaths: null, listen: listenToStdout });
}

/** Where ONNX Runtime Web prints in Node; a workshop prints nothing else. */
function listenToStdout(heard: (text: string) => void): void {
  // Only ONNX Runtime calls it here, with a text.
  fs.writeSync = (_file: number, text: unknown): number => {
    heard(String(text));
    return String(text).length;
  };
}
