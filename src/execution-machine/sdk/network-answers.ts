// What an orchestrator's answers say. All of it may come from an attacker: what can be checked is
// checked, and what has other fields than it must have is a failure.
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import {
  decodeBase64url,
  decodeCanonical,
  equalBytes,
  type CanonicalValue,
} from '../../integrity/index.ts';
import {
  decodeEntry,
  entryIdOf,
  leafHash,
  parseVerifierKey,
  verifyPromise,
  type EntryPromise,
  type VerifierKey,
} from '../../ledger/index.ts';
import { decodeStateProof, verifyState, type StateProof } from '../state-proof.ts';
import { objectsIn, textIn, wholeNumberIn, type Json } from './ask-json.ts';

/** What the orchestrator says of itself. */
export type NetworkAbout = {
  /** Of the log's notes. */
  readonly log: VerifierKey;
  /** Content id of the engine that functions run in. */
  readonly engine: string;
  /** Ids of the functions that the network itself runs on, by name. */
  readonly functions: ReadonlyMap<string, string>;
};

/** An entry that has its place in the log for ever. */
export type Written = {
  readonly index: number;
  /** The log's word that the entry stands there, signed; its bytes are the proof. */
  readonly promise: EntryPromise;
  readonly promiseBytes: Uint8Array;
};

/** What an entry came to, as the orchestrator says. */
export type ToldOutcome =
  | { readonly kind: 'done'; readonly value: CanonicalValue }
  | { readonly kind: 'thrown' | 'stopped' | 'refused'; readonly detail: string }
  | { readonly kind: 'other' };

/** A value, and the proof that the root has it. */
export type ReadRow = {
  /** Undefined: the key has no row, and the proof shows that. */
  readonly value: CanonicalValue | undefined;
  readonly proof: StateProof;
  /** Commits to all state after so many entries. */
  readonly root: Uint8Array;
  readonly size: number;
};

export type ListedRows = {
  readonly rows: readonly { readonly key: string; readonly value: CanonicalValue }[];
  /** Where the next page begins: its `after`; null on the last. */
  readonly next: string | null;
  readonly root: Uint8Array;
  readonly size: number;
};

export function aboutIn(json: Json, logKey: string | undefined): Outcome<NetworkAbout> {
  const log = parseVerifierKey(textIn(json, 'verifierKey') ?? '');
  const engine = textIn(json, 'engine');
  const told = objectsIn(json, 'functions');
  if (!log.ok) return log;
  if (engine === null || told === null) return strange('of itself');
  if (logKey !== undefined && textIn(json, 'verifierKey') !== logKey) {
    const text = `this network's log is "${log.value.name}", and not the one that was named`;
    return fail(failure('checkpoint_untrusted', `${text}. Ask its operator, or name another.`));
  }
  const functions = new Map<string, string>();
  for (const one of told) {
    const [name, id] = [textIn(one, 'name'), textIn(one, 'id')];
    if (name !== null && id !== null) functions.set(name, id);
  }
  return succeed({ log: log.value, engine, functions });
}

/** Accepts a promise only for these very bytes. */
export async function writtenIn(
  json: Json,
  { entry, log }: { readonly entry: Uint8Array; readonly log: VerifierKey },
): Promise<Outcome<Written>> {
  const promiseBytes = new TextEncoder().encode(textIn(json, 'promise') ?? '');
  const promise = await verifyPromise(log, promiseBytes);
  if (!promise.ok) return promise;
  const { index, entry: id, leaf } = promise.value;
  const decoded = decodeEntry(entry);
  const isOurs = decoded.ok && id === (await entryIdOf(decoded.value.entry));
  if (index === null || !isOurs || !equalBytes(leaf, await leafHash(entry))) {
    return fail(failure('proof_invalid', 'the log promised another entry. Submit it again.'));
  }
  return succeed({ index, promise: promise.value, promiseBytes });
}

export function outcomeIn(json: Json): Outcome<ToldOutcome> {
  const [kind, detail] = [textIn(json, 'kind'), textIn(json, 'detail') ?? ''];
  if (kind === 'other') return succeed({ kind });
  if (kind === 'thrown' || kind === 'stopped' || kind === 'refused') {
    return succeed({ kind, detail });
  }
  const value = kind === 'done' ? dataIn(json, 'cbor') : undefined;
  return value?.ok === true && kind === 'done'
    ? succeed({ kind, value: value.value })
    : strange('of an entry');
}

export function rowIn(
  json: Json,
  of: { readonly function: string; readonly key: string },
): Outcome<ReadRow> {
  const head = headIn(json);
  const proof = decodeStateProof(bytesIn(json, 'proof') ?? new Uint8Array());
  if (!proof.ok) return proof;
  if (head === null) return strange('of a row');
  const data = json['cbor'] === null ? null : dataIn(json, 'cbor');
  if (data?.ok === false) return data;
  const value = data?.value;
  const proven = verifyState(head.root, { ...of, value }, proof.value);
  return proven.ok ? succeed({ value, proof: proof.value, ...head }) : proven;
}

export function rowsIn(json: Json): Outcome<ListedRows> {
  const head = headIn(json);
  const told = objectsIn(json, 'rows');
  if (head === null || told === null) return strange('of rows');
  const rows: { key: string; value: CanonicalValue }[] = [];
  for (const one of told) {
    const [key, value] = [textIn(one, 'key'), dataIn(one, 'cbor')];
    if (!value.ok) return value;
    if (key === null) return strange('of rows');
    rows.push({ key, value: value.value });
  }
  return succeed({ rows, next: textIn(json, 'next'), ...head });
}

function headIn(json: Json): { readonly size: number; readonly root: Uint8Array } | null {
  const [size, root] = [wholeNumberIn(json, 'size'), bytesIn(json, 'root')];
  return size === null || root === null ? null : { size, root };
}

function dataIn(json: Json, name: string): Outcome<CanonicalValue> {
  const bytes = bytesIn(json, name);
  return bytes === null ? strange('of a value') : decodeCanonical(bytes);
}

function bytesIn(json: Json, name: string): Uint8Array | null {
  const text = textIn(json, name);
  return text === null ? null : decodeBase64url(text);
}

function strange(what: string): Outcome<never> {
  const text = `the answer ${what} has not the fields that it must have`;
  return fail(failure('input_malformed', `${text}. Is this the address of an orchestrator?`));
}
