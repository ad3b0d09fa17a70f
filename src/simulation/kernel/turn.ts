/**
 * Settles once every promise that can settle by itself has done so.
 *
 * A macrotask, and the cheapest there is: all microtasks come before it. Nothing of a simulation
 * waits for anything else, so what has not settled by then waits for virtual time.
 */
export type Turn = () => Promise<void>;

/** The platform's cheapest macrotask: Node's setImmediate, or a message to oneself. */
export function platformTurn(): { readonly turn: Turn; readonly close: () => void } {
  const immediate: unknown = Reflect.get(globalThis, 'setImmediate');
  if (typeof immediate === 'function') {
    // Node's, whose types this room does not have.
    const soon = immediate as (call: () => void) => void;
    return { turn: () => new Promise(soon), close: () => {} };
  }
  const { port1, port2 } = new MessageChannel();
  let settle = (): void => {};
  port1.addEventListener('message', () => settle());
  port1.start();
  return {
    turn: () =>
      new Promise((resolve) => {
        settle = resolve;
        port2.postMessage(null);
      }),
    close: () => port1.close(),
  };
}
