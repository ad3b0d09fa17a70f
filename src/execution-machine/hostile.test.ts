import { describe, expect, it } from 'vitest';
import { HOSTILE_CASES, runHostileCases } from './hostile.contract.ts';
import { Driver, engine } from './machine-driver.contract.ts';
import { MachineState } from './machine-state.ts';
import { openProcessor } from './processor.ts';

describe('what a function may try', () => {
  it.each(HOSTILE_CASES)('$name', async (one) => {
    const { outcomes } = await runHostileCases(engine, [one]);
    expect(outcomes).toEqual([one.expected]);
  });

  // Where the stack ends must not tell whether a value was at hand or had to be fetched.
  it('overflows at the same depth whether or not the host is asked', async () => {
    const source = `
      function brink(db, n) {
        let deepest = -1;
        try { deepest = brink(db, n + 1); } catch {}
        if (deepest >= 0) return deepest;
        try { db.get('deep'); return n; } catch { return -1; }
      }
export function handle(db, action) {
        if (action === 'put') {
          let deep = { text: 'x'.repeat(100) };
          for (let n = 0; n < 10; n++) deep = n % 2 ? [deep] : { deep };
          db.set('deep', deep);
        }
        if (action === 'warm') db.get('deep');
        return action === 'put' ? null : brink(db, 0);
      }`;
    const driver = new Driver();
    const id = await driver.deploy(source);
    await driver.send({ function: id, body: 'put' });
    const warm = await driver.send({ function: id, body: 'warm' });
    // A processor of its own has nothing at hand.
    const restored = MachineState.restore(driver.processor.snapshot());
    if (!restored.ok) throw new Error(restored.failure.message);
    const cold = openProcessor(engine, { state: restored.value });
    const next = driver.entry({ function: id, body: 'cold' });
    expect(await cold.apply([next])).toEqual([warm]);
    expect(warm.kind === 'done' && Number(warm.value)).toBeGreaterThan(10);
  });

  it('comes to the same after any history', async () => {
    const forth = await runHostileCases(engine, HOSTILE_CASES);
    expect(forth.outcomes).toEqual(HOSTILE_CASES.map(({ expected }) => expected));
    const back = await runHostileCases(engine, HOSTILE_CASES.toReversed());
    expect(back.outcomes.toReversed()).toEqual(forth.outcomes);
  }, 60_000);
});
