import type { MachineAnswer, MachineOrder } from './machine.worker.ts';

/** What tests and benches call: one order to a worker of its own. */
function machine(order: MachineOrder): Promise<MachineAnswer> {
  const worker = new Worker(new URL('./machine.worker.ts', import.meta.url), { type: 'module' });
  const answered = new Promise<MachineAnswer>((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => resolve(data));
    worker.addEventListener('error', ({ message }) => reject(new Error(message)));
  });
  // A worker has no origin to name.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  worker.postMessage(order);
  return answered.finally(() => worker.terminate());
}
export type TestedMachine = typeof machine;

Object.assign(globalThis, { machine });
