import { join } from 'node:path';
import type { Outcome } from '../domain/outcome.ts';
import { writeOutputFile } from './output-file.ts';

/** Keeps a receipt in a folder that is there. Errors: storage_full, storage_failed. */
export function keepReceiptFile(
  folder: string,
  { index, bytes }: { readonly index: number; readonly bytes: Uint8Array },
): Promise<Outcome<void>> {
  return writeOutputFile(join(folder, receiptFileName(index)), bytes);
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
