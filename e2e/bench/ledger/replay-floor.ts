import { QuickJS } from 'quickjs-wasi';
import type { Engine, Entry } from '../../../src/execution-machine/index.ts';

/** What a function costs in the engine without the machine around it. */
export type Floor = {
  /** Runs the function for each of these, but what deploys. */
  apply(entries: readonly Entry[]): void;
  rowCount(): number;
  dispose(): void;
};

/**
 * The same function in the same engine over a bare Map, which neither rolls back, nor is limited or
 * proven, nor leaves the engine. Entries come in as JSON, as many at once as are given.
 */
export async function openFloor(engine: Engine, source: string): Promise<Floor> {
  const vm = await QuickJS.create({ wasm: engine.module });
  const run = vm.evalCode(`${source.replace('export function', 'function')}
    const rows = new Map();
    const db = { get: (key) => rows.get(key), set: (key, value) => { rows.set(key, value); } };
    (text) => {
      for (const [caller, action] of JSON.parse(text)) handle(db, action, { caller });
      return rows.size;
    }`);
  let rowCount = 0;
  return {
    apply(entries) {
      const actions = entries.filter(({ function: id }) => id !== 'deploy');
      const text = JSON.stringify(actions.map(({ caller, body }) => [caller, body]));
      using given = vm.newString(text);
      using told = vm.callFunction(run, vm.undefined, given);
      rowCount = told.toNumber();
    },
    rowCount: () => rowCount,
    dispose() {
      run.dispose();
      vm.dispose();
    },
  };
}
