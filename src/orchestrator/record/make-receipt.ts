import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { formatReceipt, LogTree, type SignedCheckpoint } from '../../ledger/index.ts';
import type { NetworkRecord } from './network-record.ts';

/** When to ask again for the receipt of an entry that is about to be published. Milliseconds. */
const PUBLISHED_SOON_MS = 2_000;

/**
 * Makes receipts of entries that the newest checkpoint has.
 *
 * The index may come from an attacker. Errors: "entry_unknown", and those of `LogTree`.
 */
export function receiptMaker(
  record: Pick<NetworkRecord, 'size' | 'checkpoint' | 'entries' | 'files'>,
): (index: number) => Promise<Outcome<Uint8Array>> {
  // Of the newest checkpoint, for those who ask one after the other.
  let opened: { readonly signed: SignedCheckpoint; readonly tree: LogTree } | null = null;
  const treeOf = async (signed: SignedCheckpoint): Promise<Outcome<LogTree>> => {
    if (opened?.signed === signed) return succeed(opened.tree);
    const tree = await LogTree.open(record.files, signed.checkpoint);
    if (tree.ok) opened = { signed, tree: tree.value };
    return tree;
  };
  return async (index) => {
    const signed = record.checkpoint();
    if (signed === null || index >= signed.checkpoint.size) return unknown(index, record.size());
    const tree = await treeOf(signed);
    if (!tree.ok) return tree;
    const entries = await record.entries(index, index + 1);
    if (!entries.ok) return entries;
    const [entry] = entries.value;
    if (entry === undefined) return unknown(index, record.size());
    const hashes = await tree.value.inclusionProof(index);
    if (!hashes.ok) return hashes;
    return succeed(formatReceipt({ entry, index, hashes: hashes.value, signed }));
  };
}

function unknown(index: number, size: number): Outcome<never> {
  if (index >= size) {
    const text = `the record has ${size} entries, and none at ${index}`;
    return fail(failure('entry_unknown', `${text}. Ask for another.`));
  }
  const text = `entry ${index} has its place, and no checkpoint has it yet`;
  return fail(failure('entry_unknown', `${text}. Ask again in a moment.`, PUBLISHED_SOON_MS));
}
