import { openPageDatabase, settled } from '../../agent/browser/index.ts';

/** Bytes that the page keeps in this browser, by name. Rejects where the browser keeps no data. */
export type PageStore = {
  get(name: string): Promise<unknown>;
  put(name: string, value: unknown): Promise<void>;
  delete(name: string): Promise<void>;
  /** All names, in order. */
  names(): Promise<readonly string[]>;
};

const STORE = 'kept';

/** A store of this page, in a database of its own. */
export function pageStore(database: string): PageStore {
  async function within<T>(
    mode: IDBTransactionMode,
    make: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> {
    const opened = await openPageDatabase(database, STORE);
    try {
      return await settled(make(opened.transaction(STORE, mode).objectStore(STORE)));
    } finally {
      opened.close();
    }
  }
  return {
    get: (name) => within<unknown>('readonly', (store) => store.get(name)),
    put: async (name, value) => {
      await within('readwrite', (store) => store.put(value, name));
    },
    delete: async (name) => {
      await within('readwrite', (store) => store.delete(name));
    },
    names: async () => {
      const keys = await within('readonly', (store) => store.getAllKeys());
      return keys.filter((key) => typeof key === 'string');
    },
  };
}
