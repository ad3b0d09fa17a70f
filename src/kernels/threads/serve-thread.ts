import { KERNEL_THREAD_PATIENCE_MS } from '../../domain/limits.ts';
import { openWasmBuild, type DirectKernels } from '../wasm-kernels.ts';
import { DONE, FILLED } from './shared-product.ts';
import type { FromThread, ToThread } from './thread-message.ts';

/** The inside of a helping thread: takes what it is told, and answers each with `post`. */
export function serveThread(post: (answer: FromThread) => void): (told: ToThread) => void {
  let kernels: DirectKernels | null = null;
  const failed = (why: string): void => post({ kind: 'failed', why });
  const open = async ({ build, dotProduct }: ToThread & { kind: 'open' }): Promise<void> => {
    const opened = await openWasmBuild(build, dotProduct);
    if (!opened.ok) return failed(opened.failure.message);
    kernels = opened.value;
    post({ kind: 'done', turn: 0 });
  };
  return (told) => {
    if (told.kind === 'open') return void open(told);
    // Before any await: as soon as this thread has it.
    if (kernels === null) return failed('it was not opened');
    if (!isFilled(told)) return failed('the operands did not come');
    const wrong = kernels.runInto(told.call, told.result);
    if (wrong !== null) return failed(wrong.message);
    // Seen sooner than the answer is heard.
    Atomics.store(told.signals, DONE, told.turn);
    post({ kind: 'done', turn: told.turn });
  };
}

/** Waits for the operands of a product, at most KERNEL_THREAD_PATIENCE_MS after the last that came. */
function isFilled({ signals, turn }: ToThread & { kind: 'run' }): boolean {
  for (;;) {
    const filled = Atomics.load(signals, FILLED);
    if (filled === turn) return true;
    const heard = Atomics.wait(signals, FILLED, filled, KERNEL_THREAD_PATIENCE_MS);
    if (heard === 'timed-out') return false;
  }
}
