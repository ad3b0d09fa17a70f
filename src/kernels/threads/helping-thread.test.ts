import { describe, expect, it } from 'vitest';
import { KERNEL_THREAD_OPEN_MS } from '../../domain/limits.ts';
import { HelpingThread } from './helping-thread.ts';
import type { FromThread, ToThread } from './thread-message.ts';

/** A thread that answers what the test says. */
function helper() {
  let answered: (answer: FromThread) => void = () => undefined;
  const thread = new HelpingThread((heard) => {
    answered = heard.answered;
    return { post: () => undefined, terminate: () => undefined };
  });
  return { thread, answer: (answer: FromThread) => answered(answer) };
}

function turnOf(turn: number): ToThread {
  const tensor = { dtype: 'float32', shape: [0, 0], bytes: new Uint8Array() } as const;
  const signals = new Int32Array(new SharedArrayBuffer(8));
  const call = { operator: 'matmul', inputs: [tensor, tensor] } as const;
  return { kind: 'run', turn, call, result: tensor, signals };
}

describe('a helping thread', () => {
  it('is done as soon as that is seen, and what it says of it later counts for nothing', async () => {
    const { thread, answer } = helper();
    thread.begin(turnOf(1));
    expect(await thread.end(KERNEL_THREAD_OPEN_MS, () => true)).toBe(true);
    thread.begin(turnOf(2));
    answer({ kind: 'done', turn: 1 });
    const end = thread.end(KERNEL_THREAD_OPEN_MS, () => false);
    answer({ kind: 'failed', why: 'no memory' });
    expect(await end).toBe(false);
    expect(thread.isGone).toBe(true);
  });

  it('is done when it says so, unseen', async () => {
    const { thread, answer } = helper();
    thread.begin(turnOf(7));
    const end = thread.end(KERNEL_THREAD_OPEN_MS, () => false);
    answer({ kind: 'done', turn: 7 });
    expect(await end).toBe(true);
    expect(thread.isGone).toBe(false);
  });
});
