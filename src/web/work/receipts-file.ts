// Receipts as files: one is as C2SP tlog-proof has it; many are a list of them in canonical DAG-CBOR.
import { failure } from '../../domain/failure.ts';
import { PAGE_RECEIPTS_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { decodeCanonical, encodeCanonical } from '../../integrity/index.ts';

const FIRST_BYTES = new TextEncoder().encode('c2sp.org/tlog-proof');

/** Many receipts in one file. */
export function formatReceipts(receipts: readonly Uint8Array[]): Uint8Array {
  return encodeCanonical([...receipts]);
}

/**
 * The receipts of a file; what each proves is for `walkReceipt` to say.
 *
 * The bytes may come from an attacker. Errors: "input_malformed" | "limit_exceeded".
 */
export function receiptsIn(bytes: Uint8Array): Outcome<readonly Uint8Array[]> {
  if (FIRST_BYTES.every((byte, at) => bytes[at] === byte)) return succeed([bytes]);
  const decoded = decodeCanonical(bytes);
  const list = decoded.ok && Array.isArray(decoded.value) ? decoded.value : [];
  const receipts = list.filter((item): item is Uint8Array => item instanceof Uint8Array);
  if (receipts.length === 0 || receipts.length !== list.length) {
    const text = 'this file holds no receipts';
    return fail(failure('input_malformed', `${text}. Download them again from where they are.`));
  }
  if (receipts.length > PAGE_RECEIPTS_MAX) {
    const text = `${receipts.length} receipts are above the ${PAGE_RECEIPTS_MAX} of a file`;
    return fail(failure('limit_exceeded', `${text}. Open them in parts.`));
  }
  return succeed(receipts);
}
