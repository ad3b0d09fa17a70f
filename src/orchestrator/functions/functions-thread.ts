import type { MessagePort } from 'node:worker_threads';
import { openNodeEngine } from '../../execution-machine/node.ts';
import { functionsMachine } from './functions-machine.ts';
import type { FromThread, ToThread } from './functions-message.ts';

/** Evaluates functions in this thread, and does what the other side asks for, in order. */
export function serveFunctions(port: MessagePort): void {
  const machine = openNodeEngine().then((engine) => {
    if (!engine.ok) throw new Error(engine.failure.message);
    return functionsMachine(engine.value);
  });
  const send = (message: FromThread): void => port.postMessage(message);
  const inTurn = async (before: Promise<void>, { id, method, args }: ToThread): Promise<void> => {
    await before;
    try {
      const answering = await machine;
      // The caller's types hold method and arguments together.
      const run = answering[method] as (...given: readonly unknown[]) => unknown;
      send({ id, kind: 'answer', value: await run(...args) });
    } catch (cause) {
      const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      send({ id, kind: 'broken', cause: text });
    }
  };
  let turn: Promise<void> = Promise.resolve();
  port.on('message', ({ id, method, args }: ToThread) => {
    turn = inTurn(turn, { id, method, args });
  });
}
