import { join } from 'node:path';
import { succeed, type Outcome } from '../domain/outcome.ts';
import { seedFrom } from '../domain/random.ts';
import { openFileBlocks, type FileBlocks } from '../data/node.ts';
import { openApiKey } from './access/secret-keys.ts';
import { openEvidenceFiles, type EvidenceFiles } from './evidence/evidence-files.ts';
import { homeAlone, type HomeParts, type JobHome } from './jobs/job-home.ts';
import { openStore } from './log/sqlite-store.ts';
import type { Store } from './log/store.ts';
import type { Logger } from './logger.ts';
import type { SigningKey } from '../integrity/index.ts';
import { openOperatorRights } from './trust/operator-rights.ts';
import type { TrustBook } from './trust/trust-book.ts';
import { recoverState, type Recovered, type RecoveryOptions } from './recovery.ts';

/** All that lasts: what a data folder holds, opened and followed to its end. */
export type Holdings = {
  readonly store: Store;
  readonly recovered: Recovered;
  readonly blocks: FileBlocks;
  /** Of results that were rejected here. */
  readonly evidence: EvidenceFiles;
  readonly apiKey: string;
  readonly operatorKey: string;
  /** Signs in the operator's name. */
  readonly operator: SigningKey;
  /** Keys that the operator registered. */
  readonly trustBook: TrustBook;
  /** Where jobs are kept. */
  readonly makeHome: (parts: HomeParts) => JobHome;
  /** Ends connections beside the store's. */
  close(): Promise<void>;
};

/**
 * Opens a data folder; `onEffect` is told the effects of the events behind its last snapshot.
 *
 * Errors: "storage_failed" | "storage_full" | "config_invalid".
 */
export async function openHoldings(
  folder: string,
  logger: Logger,
  onEffect: RecoveryOptions['onEffect'] = () => {},
): Promise<Outcome<Holdings>> {
  const startedAtMs = performance.now();
  const store = await openStore(join(folder, 'log.sqlite'));
  if (!store.ok) return store;
  const held = await holdingsOf({ folder, store: store.value, logger, onEffect });
  if (!held.ok) {
    await store.value.close();
    return held;
  }
  const { eventCount } = held.value.recovered.position;
  const ms = Math.round(performance.now() - startedAtMs);
  logger.debug('store opened', { folder, events: eventCount, ms });
  return held;
}

async function holdingsOf(from: {
  readonly folder: string;
  readonly store: Store;
  readonly logger: Logger;
  readonly onEffect: NonNullable<RecoveryOptions['onEffect']>;
}): Promise<Outcome<Holdings>> {
  const { folder, store, logger, onEffect } = from;
  const seed = await seedOf(store);
  const now = (): number => Math.round(performance.now());
  const recovered = await recoverState(store, { seed, logger, now, onEffect });
  if (!recovered.ok) return recovered;
  const blocks = await openFileBlocks(join(folder, 'blocks'));
  if (!blocks.ok) return blocks;
  const evidence = await openEvidenceFiles(join(folder, 'evidence'));
  if (!evidence.ok) return evidence;
  const apiKey = openApiKey(folder);
  if (!apiKey.ok) return apiKey;
  const rights = await openOperatorRights(folder, logger);
  if (!rights.ok) return rights;
  return succeed({
    store,
    recovered: recovered.value,
    blocks: blocks.value,
    evidence: evidence.value,
    apiKey: apiKey.value,
    ...rights.value,
    makeHome: homeAlone,
    close: () => store.close(),
  });
}

/** Of the ids of leases whose requests named no seed, in stores from before they did. */
async function seedOf(store: Store): Promise<number> {
  const kept = await store.kept('scheduler seed');
  return kept === null ? 0 : seedFrom(kept);
}
