// The receipts that this browser keeps, by log and by the place of their entry.
import { PAGE_RECEIPTS_MAX } from '../../domain/limits.ts';
import type { PageStore } from '../ledger/page-store.ts';

export type KeptReceipt = { readonly index: number; readonly bytes: Uint8Array };

const DIGITS = 16;

/** Keeps a receipt, and lets the oldest go where there are too many: they can be had again. */
export async function keepReceipt(
  store: PageStore,
  log: string,
  { index, bytes }: KeptReceipt,
): Promise<void> {
  await store.put(nameOf(log, index), bytes.slice());
  const names = await store.names();
  for (const name of names.slice(0, Math.max(0, names.length - PAGE_RECEIPTS_MAX))) {
    await store.delete(name);
  }
}

/** The places of the receipts that are kept of a log, in order. */
export async function keptIndexes(store: PageStore, log: string): Promise<readonly number[]> {
  const names = await store.names();
  return names.filter((name) => name.startsWith(`${log} `)).map(indexIn);
}

/** A receipt that is kept; null for none. */
export async function keptReceipt(
  store: PageStore,
  log: string,
  index: number,
): Promise<KeptReceipt | null> {
  const bytes = await store.get(nameOf(log, index));
  return bytes instanceof Uint8Array ? { index, bytes } : null;
}

/** In the order of indexes, so that the oldest comes first. */
function nameOf(log: string, index: number): string {
  return `${log} ${String(index).padStart(DIGITS, '0')}`;
}

function indexIn(name: string): number {
  return Number(name.slice(-DIGITS));
}
