// A proof that a log broke its word: a promise that it signed, and a checkpoint that it signed.
//
//   another entry   the hash of another leaf, and its inclusion proof: it stands at the index
//   too late        the checkpoint ends before the index, and a witness saw it after the time
//                   by which it should have had the entry
//
// Whoever has the log's key, and for the second kind trusts the witness, verifies it offline.
import { failure } from '../../domain/failure.ts';
import { BROKEN_PROMISE_BYTES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import {
  decodeCanonical,
  encodeCanonical,
  equalBytes,
  fieldsOf,
  type CanonicalValue,
} from '../../integrity/index.ts';
import { trustCheckpoint, type Policy, type TrustedCheckpoint } from '../notes/policy.ts';
import { areHashes, provesInclusion } from '../tree/inclusion-proof.ts';
import type { LogTree } from '../tree/log-tree.ts';
import { verifyPromise, type EntryPromise } from './promise.ts';

export type BrokenPromise = {
  /** The signed note. */
  readonly promise: Uint8Array;
  /** The signed checkpoint. */
  readonly checkpoint: Uint8Array;
  /** What stands at the index instead; null: nothing does. */
  readonly instead: { readonly leaf: Uint8Array; readonly hashes: readonly Uint8Array[] } | null;
};

/** How a promise stands beside a checkpoint. */
export type PromiseState =
  | { readonly kind: 'kept' }
  /** Its time has not come. */
  | { readonly kind: 'waiting' }
  /** Its time has passed, as one's own clock says; no witness says so. */
  | { readonly kind: 'overdue' }
  | { readonly kind: 'broken'; readonly proof: BrokenPromise };

const KIND = 'broken-promise';
const VERSION = 1;

/**
 * Whether a log kept a promise; `tree` is the checkpoint's. Errors: those of `LogTree`.
 *
 * A promise without an index waits: nobody can tell where to look.
 */
export async function stateOfPromise(
  { promise, bytes }: { readonly promise: EntryPromise; readonly bytes: Uint8Array },
  of: {
    readonly trusted: TrustedCheckpoint;
    readonly tree: LogTree;
    /** Unix time in ms. */
    readonly nowMs: number;
  },
): Promise<Outcome<PromiseState>> {
  const { index, byMs } = promise;
  const { signed, checkpoint } = of.trusted;
  if (index === null) return succeed({ kind: 'waiting' });
  if (index < checkpoint.size) {
    const leaf = await of.tree.leaf(index);
    if (!leaf.ok) return leaf;
    if (equalBytes(leaf.value, promise.leaf)) return succeed({ kind: 'kept' });
    const hashes = await of.tree.inclusionProof(index);
    if (!hashes.ok) return hashes;
    const instead = { leaf: leaf.value, hashes: hashes.value };
    const proof = { promise: bytes, checkpoint: signed.bytes, instead };
    return succeed({ kind: 'broken', proof });
  }
  if (isSeenAfter(byMs, of.trusted)) {
    const proof = { promise: bytes, checkpoint: signed.bytes, instead: null };
    return succeed({ kind: 'broken', proof });
  }
  return succeed({ kind: of.nowMs > byMs ? 'overdue' : 'waiting' });
}

/**
 * The promise that a proof shows to be broken by a log of the policy.
 *
 * All of it may come from an attacker.
 * Errors: "proof_invalid", and those of `trustCheckpoint` and `verifyPromise`.
 */
export async function provesBroken(
  policy: Policy,
  { promise: bytes, checkpoint, instead }: BrokenPromise,
): Promise<Outcome<EntryPromise>> {
  const trusted = await trustCheckpoint(policy, checkpoint);
  if (!trusted.ok) return trusted;
  const promised = await verifyPromise(trusted.value.log, bytes);
  if (!promised.ok) return promised;
  const { index, leaf, byMs } = promised.value;
  const { size, root } = trusted.value.checkpoint;
  if (index === null) return unproven('the promise names no index');
  if (instead === null) {
    if (index < size) return unproven('the checkpoint reaches the index');
    if (isSeenAfter(byMs, trusted.value)) return promised;
    return unproven('no witness of the policy saw the checkpoint after the time');
  }
  if (equalBytes(instead.leaf, leaf)) return unproven('the entry is the one that was promised');
  const isThere = provesInclusion({ ...instead, index, size, root });
  return isThere ? promised : unproven('the other entry does not stand at the index');
}

/** The bytes of a proof: canonical DAG-CBOR. */
export function encodeBrokenPromise({ promise, checkpoint, instead }: BrokenPromise): Uint8Array {
  const other = instead === null ? null : [instead.leaf, ...instead.hashes];
  return encodeCanonical({ kind: KIND, v: VERSION, promise, checkpoint, instead: other });
}

/**
 * The proof that bytes hold; whether it holds is for `provesBroken` to say.
 *
 * The bytes may come from an attacker. What is decoded encodes to the same bytes.
 * Errors: "limit_exceeded" | "input_malformed".
 */
export function decodeBrokenPromise(bytes: Uint8Array): Outcome<BrokenPromise> {
  if (bytes.byteLength > BROKEN_PROMISE_BYTES_MAX) {
    const text = `a proof of ${bytes.byteLength} bytes is above ${BROKEN_PROMISE_BYTES_MAX}`;
    return fail(failure('limit_exceeded', `${text}. Leave cosignatures out of its checkpoint.`));
  }
  const decoded = decodeCanonical(bytes);
  if (!decoded.ok) return decoded;
  const parts = partsOf(decoded.value);
  if (parts !== null) return succeed(parts);
  const text = 'these bytes are no proof of a broken promise';
  return fail(failure('input_malformed', `${text}. Get them again from whoever has it.`));
}

function partsOf(value: CanonicalValue): BrokenPromise | null {
  const fields = fieldsOf(value);
  if (fields?.get('kind') !== KIND || fields.get('v') !== VERSION || fields.size !== 5) return null;
  const [promise, checkpoint] = [fields.get('promise'), fields.get('checkpoint')];
  const other = fields.get('instead');
  if (!(promise instanceof Uint8Array) || !(checkpoint instanceof Uint8Array)) return null;
  if (other === null) return { promise, checkpoint, instead: null };
  if (!Array.isArray(other)) return null;
  const listed = other as readonly CanonicalValue[];
  const bytes = listed.filter((hash) => hash instanceof Uint8Array);
  const [leaf, ...hashes] = bytes;
  if (leaf === undefined || bytes.length !== listed.length) return null;
  if (!areHashes([leaf]) || !areHashes(hashes)) return null;
  return { promise, checkpoint, instead: { leaf, hashes } };
}

/** Whether a witness saw a checkpoint at a time when the promise was due. */
function isSeenAfter(byMs: number, { cosigners }: TrustedCheckpoint): boolean {
  return [...cosigners.values()].some(({ atSeconds }) => atSeconds * 1_000 > byMs);
}

function unproven(why: string): Outcome<never> {
  const text = `this does not prove that a promise was broken: ${why}`;
  return fail(failure('proof_invalid', `${text}. Ask for another proof.`));
}
