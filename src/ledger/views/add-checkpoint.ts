import { assert } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import { PROOF_HASHES_MAX, WITNESS_REQUEST_BYTES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { decodeBase64, encodeBase64 } from '../notes/base64.ts';
import { parseCheckpoint, type SignedCheckpoint } from '../notes/checkpoint.ts';
import { areHashes, isSize } from '../tree/inclusion-proof.ts';

/** What a log, or anybody, asks a witness: to cosign a checkpoint, with its way from the last. */
export type AddCheckpoint = {
  readonly oldSize: number;
  readonly hashes: readonly Uint8Array[];
  readonly signed: SignedCheckpoint;
};

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The body of the request. Source: C2SP tlog-witness, add-checkpoint. */
export function formatAddCheckpoint({ oldSize, hashes, signed }: AddCheckpoint): Uint8Array {
  assert(isSize(oldSize) && areHashes(hashes), 'a request within its limits');
  const lines = hashes.map((hash) => `${encodeBase64(hash)}\n`).join('');
  const head = textEncoder.encode(`old ${oldSize}\n${lines}\n`);
  const body = new Uint8Array(head.byteLength + signed.bytes.byteLength);
  body.set(head);
  body.set(signed.bytes, head.byteLength);
  return body;
}

/**
 * The request that a body holds.
 *
 * The bytes may come from an attacker. What is parsed formats to the same bytes.
 * Errors: "limit_exceeded" | "input_malformed".
 */
export function parseAddCheckpoint(body: Uint8Array): Outcome<AddCheckpoint> {
  if (body.byteLength > WITNESS_REQUEST_BYTES_MAX) {
    const text = `a request of ${body.byteLength} bytes is above ${WITNESS_REQUEST_BYTES_MAX}`;
    return fail(failure('limit_exceeded', `${text}. Leave out cosignatures.`));
  }
  let text: string;
  try {
    text = textDecoder.decode(body);
  } catch {
    return malformed('it is not UTF-8');
  }
  const end = text.indexOf('\n\n');
  if (end < 0) return malformed('no empty line stands before its checkpoint');
  const [oldLine = '', ...hashLines] = text.slice(0, end).split('\n');
  const [, oldText] = /^old (0|[1-9]\d{0,15})$/.exec(oldLine) ?? [];
  const oldSize = Number(oldText);
  if (oldText === undefined || !isSize(oldSize)) return malformed('its old size is no size');
  if (hashLines.length > PROOF_HASHES_MAX) return malformed('its proof is too long');
  const hashes = hashLines.map(decodeBase64).filter((hash) => hash !== null);
  if (hashes.length !== hashLines.length || !areHashes(hashes)) {
    return malformed('a line of its proof is no hash');
  }
  const headBytes = textEncoder.encode(text.slice(0, end + 2)).byteLength;
  const signed = parseCheckpoint(body.subarray(headBytes));
  return signed.ok ? succeed({ oldSize, hashes, signed: signed.value }) : signed;
}

function malformed(why: string): Outcome<never> {
  const text = `this is no request to add a checkpoint: ${why}`;
  return fail(failure('input_malformed', `${text}. See C2SP tlog-witness.`));
}
