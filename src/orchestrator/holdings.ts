import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { succeed, type Outcome } from '../domain/outcome.ts';
import { openFileBlocks, type FileBlocks } from '../data/node.ts';
import { openApiKey } from './access/api-key.ts';
import { openStore, type Store } from './log/store.ts';
import type { Logger } from './logger.ts';
import { recoverState, type Recovered } from './recovery.ts';

/** All that lasts: what a data folder holds, opened and followed to its end. */
export type Holdings = {
  readonly store: Store;
  readonly recovered: Recovered;
  readonly blocks: FileBlocks;
  readonly apiKey: string;
};

/** Opens a data folder. Errors: "storage_failed" | "storage_full" | "config_invalid". */
export async function openHoldings(folder: string, logger: Logger): Promise<Outcome<Holdings>> {
  const store = openStore(join(folder, 'log.sqlite'));
  if (!store.ok) return store;
  const held = await holdingsOf(folder, store.value);
  if (!held.ok) {
    store.value.close();
    return held;
  }
  const { eventCount } = held.value.recovered;
  logger.debug('store opened', { folder, events: eventCount });
  return held;
}

async function holdingsOf(folder: string, store: Store): Promise<Outcome<Holdings>> {
  const seed = seedOf(store);
  if (!seed.ok) return seed;
  const recovered = recoverState(store, seed.value);
  if (!recovered.ok) return recovered;
  const blocks = await openFileBlocks(join(folder, 'blocks'));
  if (!blocks.ok) return blocks;
  const apiKey = openApiKey(folder);
  if (!apiKey.ok) return apiKey;
  return succeed({
    store,
    recovered: recovered.value,
    blocks: blocks.value,
    apiKey: apiKey.value,
  });
}

/** The scheduler's seed: drawn once for a store, so that its log always leads to one state. */
function seedOf(store: Store): Outcome<number> {
  const known = store.kept('scheduler seed');
  const value = known ?? new Uint8Array(randomBytes(4));
  if (known === null) {
    const kept = store.commit([{ kind: 'keep', name: 'scheduler seed', value }]);
    if (!kept.ok) return kept;
  }
  return succeed(new DataView(value.buffer, value.byteOffset).getUint32(0));
}
