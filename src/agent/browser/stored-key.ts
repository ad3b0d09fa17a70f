import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { generateSigningKey, type SigningKey } from '../../integrity/index.ts';
import { openPageDatabase, settled } from './page-database.ts';

const DATABASE = 'manyhands';
const STORE = 'keys';
const NAME = 'agent';

/**
 * This browser's identity, made the first time: an Ed25519 key that no script can read out.
 *
 * Two tabs that make one at once get the same.
 * Errors: "key_unusable" where the browser has no such keys or keeps no data for this page.
 */
export async function openStoredKey(): Promise<Outcome<SigningKey>> {
  try {
    const database = await openPageDatabase(DATABASE, STORE);
    try {
      const held = await heldKey(database);
      if (held !== null) return succeed(held);
      const made = await generateSigningKey({ extractable: false });
      return made.ok ? succeed(await keepFirst(database, made.value)) : made;
    } finally {
      database.close();
    }
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    const text = `this browser keeps no data for the page (${detail})`;
    return fail(failure('key_unusable', `${text}. Allow it, or leave the private window.`));
  }
}

async function heldKey(database: IDBDatabase): Promise<SigningKey | null> {
  const store = database.transaction(STORE, 'readonly').objectStore(STORE);
  return keyIn(await settled(store.get(NAME)));
}

/** In one transaction: keeps the key, or returns the one that another tab kept first. */
async function keepFirst(database: IDBDatabase, made: SigningKey): Promise<SigningKey> {
  const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
  const store = transaction.objectStore(STORE);
  const held = keyIn(await settled(store.get(NAME)));
  if (held !== null) return held;
  await settled(store.put(made, NAME));
  return made;
}

/** What was stored, if it has the parts of a key: a page of the same origin could have put it. */
function keyIn(stored: unknown): SigningKey | null {
  if (typeof stored !== 'object' || stored === null) return null;
  if (!('agent' in stored) || !('privateKey' in stored)) return null;
  // `keepFirst` is the only writer; the orchestrator verifies what the key signs.
  return stored.privateKey instanceof CryptoKey ? (stored as SigningKey) : null;
}
