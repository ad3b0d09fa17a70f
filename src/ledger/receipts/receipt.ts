// A receipt: an entry and the proof that it is in the log, as C2SP tlog-proof writes it. Whoever
// has the policy verifies it from bytes alone, with nobody to ask.
//
//   c2sp.org/tlog-proof@v1
//   extra <base64 of the entry>
//   index <index>
//   <base64 of each hash of the inclusion proof>
//
//   <checkpoint with its cosignatures>
import { assert } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import { PROOF_HASHES_MAX, RECEIPT_BYTES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { verifyEntry, type VerifiedEntry } from '../entries/verify-entry.ts';
import { decodeBase64, encodeBase64 } from '../notes/base64.ts';
import { parseCheckpoint, type SignedCheckpoint } from '../notes/checkpoint.ts';
import { trustCheckpoint, type Policy, type TrustedCheckpoint } from '../notes/policy.ts';
import { leafHash } from '../tree/hashes.ts';
import { areHashes, isSize, provesInclusion } from '../tree/inclusion-proof.ts';

export type Receipt = {
  readonly entry: Uint8Array;
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
  readonly signed: SignedCheckpoint;
};

/** What a receipt proves: this entry stands at this index of that log. */
export type ProvenEntry = VerifiedEntry & {
  readonly index: number;
  readonly trusted: TrustedCheckpoint;
};

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes of a receipt. Asserts what `parseReceipt` would refuse. */
export function formatReceipt({ entry, index, hashes, signed }: Receipt): Uint8Array {
  assert(isSize(index) && areHashes(hashes), 'a receipt within its limits');
  const lines = [FIRST_LINE, `extra ${encodeBase64(entry)}`, `index ${index}`];
  const text = [...lines, ...hashes.map(encodeBase64), ''].map((line) => `${line}\n`).join('');
  const head = textEncoder.encode(text);
  const bytes = new Uint8Array(head.byteLength + signed.bytes.byteLength);
  bytes.set(head);
  bytes.set(signed.bytes, head.byteLength);
  assert(bytes.byteLength <= RECEIPT_BYTES_MAX, `a receipt of ${bytes.byteLength} bytes`);
  return bytes;
}

/**
 * The receipt that bytes hold; what it proves is for `verifyReceipt` to say.
 *
 * The bytes may come from an attacker. What is parsed formats to the same bytes.
 * Errors: "limit_exceeded" | "input_malformed".
 */
export function parseReceipt(bytes: Uint8Array): Outcome<Receipt> {
  if (bytes.byteLength > RECEIPT_BYTES_MAX) {
    const text = `a receipt of ${bytes.byteLength} bytes is above ${RECEIPT_BYTES_MAX}`;
    return fail(failure('limit_exceeded', `${text}. Get it again from the log.`));
  }
  let text: string;
  try {
    text = textDecoder.decode(bytes);
  } catch {
    return malformed('it is not UTF-8');
  }
  const end = text.indexOf('\n\n');
  const [first, extraLine = '', indexLine = '', ...hashLines] = text.slice(0, end).split('\n');
  if (end < 0 || first !== FIRST_LINE) return malformed('it does not begin as a tlog-proof');
  const entry = extraLine.startsWith('extra ') ? decodeBase64(extraLine.slice(6)) : null;
  const [, indexText = ''] = /^index (0|[1-9]\d{0,15})$/.exec(indexLine) ?? [];
  if (entry === null) return malformed('it does not hold its entry');
  if (indexText === '' || !isSize(Number(indexText))) return malformed('its index is none');
  if (hashLines.length > PROOF_HASHES_MAX) return malformed('its proof is too long');
  const hashes = hashLines.map(decodeBase64).filter((hash) => hash !== null);
  if (hashes.length !== hashLines.length || !areHashes(hashes)) {
    return malformed('a line of its proof is no hash');
  }
  const headBytes = textEncoder.encode(text.slice(0, end + 2)).byteLength;
  const signed = parseCheckpoint(bytes.subarray(headBytes));
  if (!signed.ok) return signed;
  return succeed({ entry, index: Number(indexText), hashes, signed: signed.value });
}

/**
 * The entry that a receipt proves to be in a log that the policy trusts.
 *
 * The bytes may come from an attacker.
 * Errors: "proof_invalid", and those of `parseReceipt`, `trustCheckpoint` and `verifyEntry`.
 */
export async function verifyReceipt(
  policy: Policy,
  bytes: Uint8Array,
): Promise<Outcome<ProvenEntry>> {
  const receipt = parseReceipt(bytes);
  if (!receipt.ok) return receipt;
  const { entry, index, hashes, signed } = receipt.value;
  const trusted = await trustCheckpoint(policy, signed.bytes);
  if (!trusted.ok) return trusted;
  const { size, root } = trusted.value.checkpoint;
  if (!provesInclusion({ leaf: await leafHash(entry), index, size, root, hashes })) {
    const text = `this receipt does not prove that its entry is number ${index} of the log`;
    return fail(failure('proof_invalid', `${text}. Get it again from the log.`));
  }
  const verified = await verifyEntry(entry);
  return verified.ok ? succeed({ ...verified.value, index, trusted: trusted.value }) : verified;
}

function malformed(why: string): Outcome<never> {
  const text = `these bytes are no receipt: ${why}`;
  return fail(failure('input_malformed', `${text}. Get it again from the log.`));
}
