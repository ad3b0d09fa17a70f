import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Failure } from '../../domain/failure.ts';
import { MEMBER_TEXT_CHARS_MAX } from '../../domain/limits.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import { openFileBlocks } from '../../data/node.ts';
import { keepApiKey, openApiKey } from '../access/secret-keys.ts';
import { openEvidenceFiles } from '../evidence/evidence-files.ts';
import type { Holdings } from '../holdings.ts';
import type { Logger } from '../logger.ts';
import { recoverState } from '../recovery.ts';
import { databaseAt, type Database } from './database.ts';
import { databaseBlocks } from './database-blocks.ts';
import { openDatabaseStore } from './database-store.ts';
import { parseDatabaseAddress } from './database-address.ts';
import { keptValue } from './kept-values.ts';
import { membersOf } from './members.ts';
import { openSchema } from './schema.ts';
import { openOperatorRights } from '../trust/operator-rights.ts';
import { sharedBlocks } from './shared-blocks.ts';
import { sharedHome } from './shared-home.ts';

type From = {
  /**
   * Copies of blocks and of the API key lie here, and what is this member's own: evidence of what it
   * judged, and the keys that its operator registered.
   */
  readonly folder: string;
  readonly url: string;
  readonly logger: Logger;
  readonly onFenced: (failure: Failure) => void;
};

/**
 * Joins those that share a database, as a new member with a log of its own.
 *
 * Errors: "config_invalid" | "storage_failed" | "storage_full".
 */
export async function openSharedHoldings(at: string, from: From): Promise<Outcome<Holdings>> {
  const address = parseDatabaseAddress(at);
  if (!address.ok) return address;
  const database = databaseAt(address.value);
  const held = await holdingsIn(database, from);
  if (!held.ok) await database.close();
  return held;
}

async function holdingsIn(database: Database, from: From): Promise<Outcome<Holdings>> {
  const { folder, url, logger, onFenced } = from;
  const schema = await openSchema(database);
  if (!schema.ok) return schema;
  const copies = await openFileBlocks(join(folder, 'blocks'));
  if (!copies.ok) return copies;
  // Of what this member judged; nobody else has it.
  const evidence = await openEvidenceFiles(join(folder, 'evidence'));
  if (!evidence.ok) return evidence;
  const apiKey = await sharedApiKey(database, folder);
  if (!apiKey.ok) return apiKey;
  const seed = randomBytes(4).readUInt32LE();
  const name = `${hostname()}:${process.pid}`.slice(0, MEMBER_TEXT_CHARS_MAX);
  const member = await membersOf(database).join({ name, url, seed });
  if (!member.ok) return member;
  const { epoch } = member.value;
  const store = await openDatabaseStore(database, { member: epoch, stream: epoch });
  if (!store.ok) return store;
  const now = (): number => Math.round(performance.now());
  const recovered = await recoverState(store.value, { seed, epoch, logger, now });
  if (!recovered.ok) return recovered;
  logger.info('joined a database', { database: database.address.shown, epoch });
  const rights = await openOperatorRights(folder, logger);
  if (!rights.ok) return rights;
  return succeed({
    ...rights.value,
    store: store.value,
    recovered: recovered.value,
    blocks: sharedBlocks({ shared: databaseBlocks(database), copies: copies.value }),
    evidence: evidence.value,
    apiKey: apiKey.value,
    isNew: true,
    makeHome: sharedHome({ database, member: member.value, onFenced }),
    async close() {
      await store.value.close();
      await database.close();
    },
  });
}

/** The key that the first of them made; its file here says the same. */
async function sharedApiKey(database: Database, folder: string): Promise<Outcome<string>> {
  const own = openApiKey(folder);
  if (!own.ok) return own;
  const kept = await keptValue(database, 'api key', () => new TextEncoder().encode(own.value));
  if (!kept.ok) return kept;
  const key = new TextDecoder().decode(kept.value);
  return key === own.value ? own : keepApiKey(folder, key);
}
