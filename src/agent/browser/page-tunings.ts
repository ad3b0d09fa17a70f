import type { TuningStore } from '../../kernels/index.ts';
import { openPageDatabase, settled } from './page-database.ts';

// Apart from the key's: tabs of an older version open that one as it is.
const DATABASE = 'manyhands-tuning';
const STORE = 'gpus';

/** Keeps how GPUs were tuned in this browser, until it forgets the page. */
export const PAGE_TUNINGS: TuningStore = {
  read: async (key) => {
    const found: unknown = await inStore('readonly', (store) => store.get(key));
    return typeof found === 'string' ? found : null;
  },
  write: async (key, text) => {
    await inStore('readwrite', (store) => store.put(text, key));
  },
};

async function inStore<T>(
  mode: IDBTransactionMode,
  ask: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await openPageDatabase(DATABASE, STORE);
  try {
    return await settled(ask(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}
