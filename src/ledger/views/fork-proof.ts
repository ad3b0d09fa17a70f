// A proof that a log showed two histories: two checkpoints, both signed by it, of which one cannot
// have come before the other. Whoever has the log's key can verify it, from bytes alone.
//
//   equal size      two roots. Nothing more is needed.
//   unequal sizes   hashes that lead to the newer root, and to a root at the older size that is not
//                   the one the log signed. What leads to a root is the tree of that root: the log
//                   itself says with the newer checkpoint that the older one was wrong.
import { failure } from '../../domain/failure.ts';
import { FORK_PROOF_BYTES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import {
  decodeCanonical,
  encodeCanonical,
  equalBytes,
  fieldsOf,
  type CanonicalValue,
} from '../../integrity/index.ts';
import { parseCheckpoint, type SignedCheckpoint } from '../notes/checkpoint.ts';
import { noteSignatureState } from '../notes/note-signing.ts';
import type { VerifierKey } from '../notes/verifier-key.ts';
import { headsFrom } from '../tree/consistency-proof.ts';
import { EMPTY_ROOT } from '../tree/hashes.ts';
import { areHashes } from '../tree/inclusion-proof.ts';

export type ForkProof = {
  /** The one of smaller size. */
  readonly older: SignedCheckpoint;
  readonly newer: SignedCheckpoint;
  /** Of a complete consistency proof; none for equal sizes. */
  readonly hashes: readonly Uint8Array[];
};

const KIND = 'fork';
const VERSION = 1;

/** The bytes of a proof: canonical DAG-CBOR. */
export function encodeForkProof({ older, newer, hashes }: ForkProof): Uint8Array {
  return encodeCanonical({
    kind: KIND,
    v: VERSION,
    older: older.bytes,
    newer: newer.bytes,
    hashes,
  });
}

/**
 * The proof that bytes hold; whether it holds is for `provesFork` to say.
 *
 * The bytes may come from an attacker. What is decoded encodes to the same bytes.
 * Errors: "limit_exceeded" | "input_malformed".
 */
export function decodeForkProof(bytes: Uint8Array): Outcome<ForkProof> {
  if (bytes.byteLength > FORK_PROOF_BYTES_MAX) {
    const text = `a fork proof of ${bytes.byteLength} bytes is above ${FORK_PROOF_BYTES_MAX}`;
    return fail(failure('limit_exceeded', `${text}. Leave cosignatures out of its checkpoints.`));
  }
  const decoded = decodeCanonical(bytes);
  if (!decoded.ok) return decoded;
  const parts = partsOf(decoded.value);
  if (parts === null) return malformed();
  const [older, newer] = [parseCheckpoint(parts.older), parseCheckpoint(parts.newer)];
  if (!older.ok) return older;
  if (!newer.ok) return newer;
  return succeed({ older: older.value, newer: newer.value, hashes: parts.hashes });
}

/**
 * Whether a proof shows that the owner of a key signed two histories of one log.
 *
 * The proof may come from an attacker, the key not.
 */
export async function provesFork(key: VerifierKey, proof: ForkProof): Promise<boolean> {
  const { older, newer, hashes } = proof;
  const origins = [older, newer].map(({ checkpoint }) => checkpoint.origin);
  if (!origins.every((origin) => origin === key.name) || !contradict(proof, hashes)) return false;
  for (const { note } of [older, newer]) {
    if ((await noteSignatureState(key, note)) !== 'valid') return false;
  }
  return true;
}

function contradict(
  { older: { checkpoint: older }, newer: { checkpoint: newer } }: ForkProof,
  hashes: readonly Uint8Array[],
): boolean {
  if (older.size === newer.size) return hashes.length === 0 && !equalBytes(older.root, newer.root);
  // Nothing but the hash of nothing is the root of no entries.
  if (older.size === 0) return hashes.length === 0 && !equalBytes(older.root, EMPTY_ROOT);
  if (older.size > newer.size) return false;
  const heads = headsFrom({ olderSize: older.size, newerSize: newer.size, hashes });
  if (heads === null) return false;
  return equalBytes(heads.newer, newer.root) && !equalBytes(heads.older, older.root);
}

type Parts = {
  readonly older: Uint8Array;
  readonly newer: Uint8Array;
  readonly hashes: readonly Uint8Array[];
};

function partsOf(value: CanonicalValue): Parts | null {
  const fields = fieldsOf(value);
  if (fields?.size !== 5 || fields.get('kind') !== KIND || fields.get('v') !== VERSION) return null;
  const [older, newer, list] = ['older', 'newer', 'hashes'].map((name) => fields.get(name));
  if (!(older instanceof Uint8Array) || !(newer instanceof Uint8Array)) return null;
  if (!Array.isArray(list)) return null;
  const hashes = list.filter((hash): hash is Uint8Array => hash instanceof Uint8Array);
  return hashes.length === list.length && areHashes(hashes) ? { older, newer, hashes } : null;
}

function malformed(): Outcome<never> {
  const text = 'these bytes are no fork proof: two checkpoints and the hashes between them';
  return fail(failure('input_malformed', `${text}. Get it again from who found the fork.`));
}
