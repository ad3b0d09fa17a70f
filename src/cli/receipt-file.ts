import { join } from 'node:path';
import type { Outcome } from '../domain/outcome.ts';
import { openOutputFile } from './output-file.ts';

/** Keeps a receipt in a folder that is there. Errors: storage_full, storage_failed. */
export async function keepReceiptFile(
  folder: string,
  { index, bytes }: { readonly index: number; readonly bytes: Uint8Array },
): Promise<Outcome<void>> {
  const file = await openOutputFile(join(folder, receiptFileName(index)));
  if (!file.ok) return file;
  const written = await file.value.write(bytes);
  if (written.ok) return file.value.commit();
  await file.value.discard();
  return written;
}

/** How the receipt of an entry is named. */
export function receiptFileName(index: number): string {
  return `entry-${index}.receipt`;
}

/** The entry whose receipt a file of this name is; null: it is none. */
export function indexInName(name: string): number | null {
  const [, digits] = /^entry-(\d{1,15})\.receipt$/.exec(name) ?? [];
  return digits === undefined ? null : Number(digits);
}
