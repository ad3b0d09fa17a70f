import { openWasmBuild, type DirectKernels } from '../wasm-kernels.ts';
import type { FromThread, ToThread } from './thread-message.ts';

/** The inside of a helping thread: takes what it is told, and answers each with `post`. */
export function serveThread(post: (answer: FromThread) => void): (told: ToThread) => void {
  let kernels: DirectKernels | null = null;
  const failed = (why: string): void => post({ kind: 'failed', why });
  const open = async ({ build, dotProduct }: ToThread & { kind: 'open' }): Promise<void> => {
    const opened = await openWasmBuild(build, dotProduct);
    if (!opened.ok) return failed(opened.failure.message);
    kernels = opened.value;
    post({ kind: 'done' });
  };
  return (told) => {
    if (told.kind === 'open') return void open(told);
    // Before any await: as soon as this thread has it.
    if (kernels === null) return failed('it was not opened');
    const wrong = kernels.runColumns(told.call, told.result, told.columns);
    if (wrong === null) post({ kind: 'done' });
    else failed(wrong.message);
  };
}
