import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { openCeiling } from '../../../src/kernels/ceiling.ts';
import { certain } from '../../network/client.ts';
import { median } from '../figure.ts';

/** Turns of the loop: some 30 ms, beside which telling a thread takes nothing. */
const TURNS = 12_000_000;
const RUNS = 5;

/** What two cores give here at most. */
export type TwoCores = {
  /** Operations a second of the loop in two threads at once, over those in one, by the wall. */
  measure(): Promise<number>;
  close(): Promise<void>;
};

/** Starts a second thread for the loop that multiplies in registers alone: memory limits neither. */
export async function openTwoCores(): Promise<TwoCores> {
  const ceiling = certain(openCeiling());
  const worker = new Worker(new URL('./ceiling.worker.ts', import.meta.url));
  const alone = async (): Promise<void> => {
    ceiling.multiplyFloats(TURNS);
  };
  const together = async (): Promise<void> => {
    const done = once(worker, 'message');
    worker.postMessage(TURNS, []);
    ceiling.multiplyFloats(TURNS);
    await done;
  };
  const measure = async (): Promise<number> => {
    const one: number[] = [];
    const two: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      one.push(await msOf(alone));
      two.push(await msOf(together));
    }
    return (2 * median(one)) / median(two);
  };
  await together();
  return { measure, close: async () => void (await worker.terminate()) };
}

async function msOf(work: () => Promise<void>): Promise<number> {
  const startedAtMs = performance.now();
  await work();
  return performance.now() - startedAtMs;
}
