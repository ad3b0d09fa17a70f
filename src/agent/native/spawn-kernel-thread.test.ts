import { describe, expect, it } from 'vitest';
import { randomStream } from '../../domain/random.ts';
import { openThreadedKernels, openWasmKernels } from '../../kernels/index.ts';
import { randomFloat32, randomInt8, randomUint7 } from '../../kernels/operator-case.ts';
import { spawnNodeKernelThread } from './spawn-kernel-thread.ts';

describe('WASM kernels over threads of Node', () => {
  it('give the bits of one thread', async () => {
    const two = await openThreadedKernels({ threads: 2, spawn: spawnNodeKernelThread });
    const one = await openWasmKernels();
    if (!two.ok || !one.ok) throw new Error('no WASM here');
    expect(two.value.threads).toBe(2);
    const stream = randomStream(1, 'threads');
    const floats = [
      randomFloat32(stream, { shape: [300, 600] }),
      randomFloat32(stream, { shape: [600, 1_003] }),
    ];
    const bytes = [randomUint7(stream, [300, 600]), randomInt8(stream, [600, 1_003])];
    for (const call of [
      { operator: 'matmul', inputs: floats },
      { operator: 'qmatmul', inputs: bytes },
    ] as const) {
      expect(await two.value.run(call)).toEqual(await one.value.run(call));
    }
    // A part that was computed here instead would have ended the thread.
    expect(two.value.threads).toBe(2);
    two.value.close();
  });

  it('go on alone where the thread was ended', async () => {
    const { spawn, killLast } = mortal();
    const two = await openThreadedKernels({ threads: 2, spawn });
    const one = await openWasmKernels();
    if (!two.ok || !one.ok) throw new Error('no WASM here');
    const stream = randomStream(2, 'threads');
    const call = {
      operator: 'qmatmul',
      inputs: [randomUint7(stream, [900, 900]), randomInt8(stream, [900, 900])],
    } as const;
    killLast();
    expect(await two.value.run(call)).toEqual(await one.value.run(call));
    expect(two.value.threads).toBe(1);
  });
});

/** Threads that can be ended behind the back of whoever started them. */
function mortal() {
  let last: { terminate(): void } | null = null;
  const spawn: typeof spawnNodeKernelThread = (heard) => {
    const thread = spawnNodeKernelThread(heard);
    last = thread;
    return thread;
  };
  return { spawn, killLast: () => last?.terminate() };
}
