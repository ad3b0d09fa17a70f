import { expect, it } from 'vitest';
import { failure } from '../domain/failure.ts';
import { fail } from '../domain/outcome.ts';
import { openHoldings } from './holdings.ts';
import { lineLogger } from './logger.ts';
import { USUAL_TERMS } from '../domain/job.ts';
import { contentOf } from './log/store.contract.ts';
import type { Store } from './log/store.ts';
import { startNodeWorkings } from './node-workings.ts';
import { freshFolder, testConfig, valueOf } from './volunteer.contract.ts';

const logger = lineLogger({ level: 'silent', write: () => {} });

/** A store whose disk refuses the first `refusals` commits. */
function reluctant(store: Store, refusals: number): Store {
  let left = refusals;
  const full = fail(failure('storage_full', 'the disk is full. Free some space.'));
  return { ...store, commit: async (writes) => (left-- > 0 ? full : store.commit(writes)) };
}

async function kindsIn(store: Store): Promise<readonly string[]> {
  return (await contentOf(store)).events.map(({ kind }) => kind);
}

it.each([0, 2])('a restart is logged after the disk refused it %i times', async (refusals) => {
  const folder = freshFolder();
  const spec = {
    ...USUAL_TERMS,
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
  } as const;
  const first = valueOf(await openHoldings(folder, logger));
  const before = startNodeWorkings(first, { config: testConfig(), logger, now: Date.now });
  valueOf(await before.intake.submit({ idempotencyKey: 'a', spec }));
  await before.stop();
  await first.store.close();
  const second = valueOf(await openHoldings(folder, logger));
  const store = reluctant(second.store, refusals);
  const after = startNodeWorkings(
    { ...second, store },
    { config: testConfig(), logger, now: Date.now },
  );
  await after.begin(null);
  await expect.poll(() => kindsIn(store)).toContain('restarted');
  await after.stop();
  await store.close();
});
