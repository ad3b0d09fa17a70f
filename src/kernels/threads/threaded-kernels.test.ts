import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { randomStream } from '../../domain/random.ts';
import type { OperatorCall } from '../kernels.ts';
import { randomFloat32, randomInt8, randomUint7 } from '../operator-case.ts';
import { openWasmKernels } from '../wasm-kernels.ts';
import type { SpawnThread } from './helping-thread.ts';
import { serveThread } from './serve-thread.ts';
import { openThreadedKernels, type ThreadedKernels } from './threaded-kernels.ts';
import type { FromThread, ToThread } from './thread-message.ts';

/** The real inside of a thread behind a real port, though in this thread; and what it was told. */
function threads(change: Partial<{ fromTurn: number; how: 'fails' | 'dies' | 'is silent' }> = {}) {
  const { fromTurn = Infinity, how = 'fails' } = change;
  const told: ToThread[] = [];
  let ended = 0;
  const spawn: SpawnThread = ({ answered, died }) => {
    const { port1: outer, port2: inner } = new MessageChannel();
    const take = serveThread((answer: FromThread) => inner.postMessage(answer, []));
    inner.addEventListener('message', ({ data }: MessageEvent<ToThread>) => {
      told.push(data);
      if (told.length <= fromTurn) return take(data);
      if (how === 'fails') inner.postMessage({ kind: 'failed', why: 'no memory' }, []);
      if (how === 'dies') died('its thread ended with code 1');
    });
    outer.addEventListener('message', ({ data }: MessageEvent<FromThread>) => answered(data));
    inner.start();
    outer.start();
    return {
      post: (message) => outer.postMessage(message, []),
      terminate: () => {
        ended++;
        outer.close();
        inner.close();
      },
    };
  };
  return { spawn, told, endedCount: () => ended };
}

async function opened(of: Parameters<typeof openThreadedKernels>[0]): Promise<ThreadedKernels> {
  const kernels = await openThreadedKernels(of);
  if (!kernels.ok) throw new Error(kernels.failure.message);
  return kernels.value;
}

function product(
  operator: 'matmul' | 'qmatmul',
  [m, k, n]: readonly [number, number, number],
): OperatorCall {
  const stream = randomStream(m * k * n, operator);
  const inputs =
    operator === 'matmul'
      ? [randomFloat32(stream, { shape: [m, k] }), randomFloat32(stream, { shape: [k, n] })]
      : [randomUint7(stream, [m, k]), randomInt8(stream, [k, n])];
  return { operator, inputs };
}

const one = await openWasmKernels();
if (!one.ok) throw new Error(one.failure.message);
const alone = one.value;

/** Large enough to be cut: see `OPERATIONS_MIN`. */
const LARGE = {
  matmul: product('matmul', [70, 400, 1_100]),
  qmatmul: product('qmatmul', [90, 700, 1_075]),
};

describe.each(['matmul', 'qmatmul'] as const)('%s by several threads', (operator) => {
  it.each([2, 3])('gives the bits of one thread: %i threads', async (count) => {
    const { spawn, told } = threads();
    const kernels = await opened({ threads: count, spawn });
    expect(await kernels.run(LARGE[operator])).toEqual(await alone.run(LARGE[operator]));
    expect(told.map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: count - 1 }, () => 'open'),
      ...Array.from({ length: count - 1 }, () => 'run'),
    ]);
    kernels.close();
  });

  it('gives them whatever the edges are', async () => {
    const kernels = await opened({ threads: 2, spawn: threads().spawn });
    const size = (min: number, max: number) => fc.integer({ min, max });
    await fc.assert(
      fc.asyncProperty(size(20, 140), size(900, 1_100), size(500, 1_100), async (...sizes) => {
        const call = product(operator, sizes);
        expect(await kernels.run(call)).toEqual(await alone.run(call));
      }),
      { numRuns: 12 },
    );
    kernels.close();
  });

  it.each(['fails', 'dies'] as const)('are computed all the same if a thread %s', async (how) => {
    const { spawn, told, endedCount } = threads({ fromTurn: 1, how });
    const kernels = await opened({ threads: 2, spawn });
    expect(kernels.threads).toBe(2);
    expect(await kernels.run(LARGE[operator])).toEqual(await alone.run(LARGE[operator]));
    expect(kernels.threads).toBe(1);
    expect(endedCount()).toBe(1);
    // It is not asked again.
    await kernels.run(LARGE[operator]);
    expect(told).toHaveLength(2);
  });
});

describe('threads', () => {
  it('that say nothing more are ended, and their part is computed here', async () => {
    const { spawn, endedCount } = threads({ fromTurn: 1, how: 'is silent' });
    const kernels = await opened({ threads: 2, spawn });
    expect(await kernels.run(LARGE.qmatmul)).toEqual(await alone.run(LARGE.qmatmul));
    expect([kernels.threads, endedCount()]).toEqual([1, 1]);
  });

  it('that were ended leave no memory to the next product that they might still write', async () => {
    const { spawn, told } = threads({ fromTurn: 3 });
    const kernels = await opened({ threads: 3, spawn });
    for (let times = 0; times < 2; times++) {
      expect(await kernels.run(LARGE.matmul)).toEqual(await alone.run(LARGE.matmul));
    }
    const memories = told.flatMap((asked) =>
      asked.kind === 'run' ? [new Uint8Array(asked.result.bytes.buffer)] : [],
    );
    // Two threads were asked for the first product, and the one that is left for the second.
    const [before, , after] = memories;
    expect(memories).toHaveLength(3);
    expect(before?.length).toBeGreaterThan(0);
    before?.fill(0xee);
    expect(after?.every((byte) => byte === 0xee)).toBe(false);
    kernels.close();
  });

  it('that do not open are left out', async () => {
    const kernels = await opened({ threads: 3, spawn: threads({ fromTurn: 1 }).spawn });
    expect(kernels.threads).toBe(2);
    expect(await kernels.run(LARGE.matmul)).toEqual(await alone.run(LARGE.matmul));
    kernels.close();
  });

  it('do not start where there is no shared memory', async () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    const { spawn, told } = threads();
    const kernels = await opened({ threads: 2, spawn });
    expect([kernels.threads, told]).toEqual([1, []]);
    expect(await kernels.run(LARGE.qmatmul)).toEqual(await alone.run(LARGE.qmatmul));
  });

  it('are not asked where no memory can be shared', async () => {
    const kernels = await opened({ threads: 2, spawn: threads().spawn });
    const refused = vi.fn<() => never>(function () {
      throw new RangeError('Array buffer allocation failed');
    });
    vi.stubGlobal('SharedArrayBuffer', refused);
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(await kernels.run(LARGE.qmatmul)).toEqual(await alone.run(LARGE.qmatmul));
    expect(refused).toHaveBeenCalledOnce();
    kernels.close();
  });

  it('put the result into what they are given', async () => {
    const kernels = await opened({ threads: 2, spawn: threads().spawn });
    for (const call of [LARGE.matmul, LARGE.qmatmul]) {
      const expected = await alone.run(call);
      const given = new Uint8Array(expected.ok ? expected.value.bytes.length : 0).fill(0xee);
      const put = await kernels.run(call, () => given);
      expect(put).toEqual(expected);
      expect(put.ok && put.value.bytes).toBe(given);
    }
    kernels.close();
  });

  it('tell that the memory of the one they help is full', async () => {
    const kernels = await opened({ threads: 2, spawn: threads().spawn });
    const full = (): never => {
      throw new RangeError('Array buffer allocation failed');
    };
    const outOfMemory = { ok: false, failure: { code: 'out_of_memory' } };
    expect(await kernels.run(LARGE.matmul, full)).toMatchObject(outOfMemory);
    const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(full);
    onTestFinished(() => grow.mockRestore());
    expect(await kernels.run(LARGE.qmatmul)).toMatchObject(outOfMemory);
    grow.mockRestore();
    expect(await kernels.run(LARGE.qmatmul)).toEqual(await alone.run(LARGE.qmatmul));
    kernels.close();
  });

  it('are not asked for what is small, has few rows, or is no product', async () => {
    const { spawn, told } = threads();
    const kernels = await opened({ threads: 2, spawn });
    for (const sizes of [
      [64, 64, 64],
      [4, 4_000, 9_000],
      [90, 700, 0],
    ] as const) {
      const call = product('qmatmul', sizes);
      expect(await kernels.run(call)).toEqual(await alone.run(call));
    }
    const [input] = LARGE.matmul.inputs;
    const transpose = { operator: 'transpose', inputs: input ? [input] : [] } as const;
    expect(await kernels.run(transpose)).toEqual(await alone.run(transpose));
    expect(told).toHaveLength(1);
    kernels.close();
  });

  it('do not mix products that are asked for at once', async () => {
    const kernels = await opened({ threads: 2, spawn: threads().spawn });
    const calls = [LARGE.matmul, LARGE.qmatmul, LARGE.matmul, LARGE.qmatmul];
    const results = await Promise.all(calls.map((call) => kernels.run(call)));
    expect(results).toEqual(await Promise.all(calls.map((call) => alone.run(call))));
    kernels.close();
  });

  it('refuse what one thread refuses', async () => {
    const kernels = await opened({ threads: 2, spawn: threads().spawn });
    const [left, right] = LARGE.qmatmul.inputs;
    const swapped = { operator: 'qmatmul', inputs: left && right ? [right, left] : [] } as const;
    expect(await kernels.run(swapped)).toEqual(await alone.run(swapped));
    kernels.close();
    const closed = await kernels.run(LARGE.qmatmul);
    expect(closed).toMatchObject({ ok: false, failure: { code: 'execution_failed' } });
  });
});
