import type { ConformanceTable } from './conformance-keeper.ts';

const NOTE =
  'passedKeys and failedKeys are what agents say of their own devices: claims of strangers, one ' +
  'vote a key. resultsAccepted and resultsRejected are what the checks of this orchestrator found ' +
  'of the results of such devices.';

/** The whole table as JSON, made when it is asked for and the table is another than before. */
export function conformanceJson(table: Pick<ConformanceTable, 'told'>): () => Uint8Array {
  let made: { readonly of: unknown; readonly bytes: Uint8Array } | null = null;
  return () => {
    const devices = table.told();
    if (made?.of !== devices) {
      const text = JSON.stringify({ note: NOTE, devices }, null, 1);
      made = { of: devices, bytes: new TextEncoder().encode(`${text}\n`) };
    }
    return made.bytes;
  };
}
