import { expect, it } from 'vitest';
import { failure } from '../domain/failure.ts';
import { fail } from '../domain/outcome.ts';
import { openHoldings } from './holdings.ts';
import { lineLogger } from './logger.ts';
import type { Store } from './log/store.ts';
import { startNodeWorkings } from './node-workings.ts';
import { freshFolder, testConfig, valueOf } from './volunteer.contract.ts';

const logger = lineLogger({ level: 'silent', write: () => {} });

/** A store whose disk refuses the first `refusals` commits. */
function reluctant(store: Store, refusals: number): Store {
  let left = refusals;
  const full = fail(failure('storage_full', 'the disk is full. Free some space.'));
  return { ...store, commit: (writes) => (left-- > 0 ? full : store.commit(writes)) };
}

function kindsIn(store: Store): readonly string[] {
  return Array.from(store.events(), (event) => valueOf(event).kind);
}

it.each([0, 2])('a restart is logged after the disk refused it %i times', async (refusals) => {
  const folder = freshFolder();
  const spec = {
    name: 'a',
    workload: {
      kind: 'operators',
      inputs: [
        {
          name: 'x',
          tensor: {
            dtype: 'float32',
            shape: [1, 1],
            source: { kind: 'inline', bytes: new Uint8Array(4) },
          },
        },
      ],
      nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }],
      outputs: ['y'],
    },
    checking: { kind: 'auto' },
    rowsPerTask: 1,
  } as const;
  const first = valueOf(await openHoldings(folder, logger));
  const before = startNodeWorkings(first, { config: testConfig(), logger, now: Date.now });
  valueOf(await before.intake.submit({ idempotencyKey: 'a', spec }));
  await before.stop();
  first.store.close();
  const second = valueOf(await openHoldings(folder, logger));
  const store = reluctant(second.store, refusals);
  const after = startNodeWorkings(
    { ...second, store },
    { config: testConfig(), logger, now: Date.now },
  );
  await after.begin(null);
  await expect.poll(() => kindsIn(store), { timeout: 10_000 }).toContain('restarted');
  await after.stop();
  store.close();
});
