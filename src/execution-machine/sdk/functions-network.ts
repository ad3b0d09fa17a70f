// Functions of a network, over plain HTTP: in a page, in Node, wherever there is fetch.
//
//   const network = openNetwork('https://orchestrator.example');
//   const key = await newKey();
//   const deployed = await network.deploy({ key, source });
//   const written = await network.write({ key, function: deployed.value.function, action: { add: 1 } });
//   const outcome = await network.outcomeOf(written.value.index);
//
// Nothing that the orchestrator says is believed where it can be checked: promises are signed by the
// log's key, values lead to a root. Whether that root is true, `evaluateRecord` finds out.
import { failure } from '../../domain/failure.ts';
import { STATE_ROWS_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import {
  decodeBase64url,
  decodeCanonical,
  equalBytes,
  messageSignerOf,
  type CanonicalValue,
  type SigningKey,
} from '../../integrity/index.ts';
import {
  entryIdOf,
  leafHash,
  decodeEntry,
  parseVerifierKey,
  signEntry,
  verifyPromise,
  type EntryPromise,
  type VerifierKey,
} from '../../ledger/index.ts';
import { ENGINE_ID } from '../engine.ts';
import { functionIdOf } from '../function-id.ts';
import { actionDraft, freshAnchor } from '../log-entry.ts';
import { decodeStateProof, verifyState, type StateProof } from '../state-proof.ts';
import { askJson, sendBytes, textIn, wholeNumberIn, type Json } from './ask-json.ts';

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

export type FunctionsNetwork = {
  readonly url: string;
  about(): Promise<Outcome<NetworkAbout>>;
  /** Deploys a source. `governance`: the function that may change it; left out: nobody, ever. */
  deploy(of: {
    readonly key: SigningKey;
    readonly source: string;
    readonly governance?: string | null;
  }): Promise<Outcome<Written & { readonly function: string }>>;
  /** Changes a function's source, where its governance has decided so. */
  upgrade(of: {
    readonly key: SigningKey;
    readonly function: string;
    readonly source: string;
  }): Promise<Outcome<Written>>;
  /** Writes an action, which is then in the log for ever. */
  write(of: {
    readonly key: SigningKey;
    readonly function: string;
    readonly action: CanonicalValue;
  }): Promise<Outcome<Written>>;
  /** What an entry came to; waits a moment for a new one. Errors: "outcome_unknown" and others. */
  outcomeOf(index: number): Promise<Outcome<ToldOutcome>>;
  /** Reads a value and checks its proof. Errors: "bytes_mismatch" where it does not hold. */
  read(of: { readonly function: string; readonly key: string }): Promise<Outcome<ReadRow>>;
  /** Reads rows by the beginning of their keys; without proofs. */
  list(of: {
    readonly function: string;
    readonly prefix?: string;
    readonly after?: string;
    readonly limit?: number;
  }): Promise<Outcome<ListedRows>>;
};

/**
 * The functions of the network at an address; nothing is sent yet.
 *
 * `logKey` is the log's key where it is known already (its C2SP verifier key): a network with
 * another log is then refused. Errors of every call: "unavailable" | "timeout" | "rate_limited", and
 * what the orchestrator answers.
 */
export function openNetwork(
  url: string,
  options: { readonly logKey?: string; readonly signal?: AbortSignal } = {},
): FunctionsNetwork {
  const base = url.endsWith('/') ? url.slice(0, -1) : url;
  const at = (path: string, query: Readonly<Record<string, string>> = {}): string => {
    const search = new URLSearchParams(query).toString();
    return `${base}/fn/${path}${search === '' ? '' : `?${search}`}`;
  };
  const get = (path: string, query?: Readonly<Record<string, string>>): Promise<Outcome<Json>> =>
    askJson(at(path, query), options);
  let known: Promise<Outcome<NetworkAbout>> | null = null;

  const about = async (): Promise<Outcome<NetworkAbout>> => {
    known ??= get('').then((told) => (told.ok ? aboutIn(told.value, options.logKey) : told));
    const answer = await known;
    // Asked again next time.
    if (!answer.ok) known = null;
    return answer;
  };

  const submit = async (of: {
    readonly key: SigningKey;
    readonly function: string;
    readonly body: CanonicalValue;
  }): Promise<Outcome<Written>> => {
    const told = await about();
    if (!told.ok) return told;
    const draft = actionDraft({ function: of.function, body: of.body, anchor: freshAnchor() });
    const entry = await signEntry(messageSignerOf(of.key), draft);
    // The same bytes are the same entry: sending them again is harmless.
    const answer = await sendBytes(at(of.function), entry, options);
    return answer.ok ? writtenIn(answer.value, { entry, log: told.value.log }) : answer;
  };

  return {
    url: base,
    about,

    async deploy({ key, source, governance = null }) {
      const body = { engine: ENGINE_ID, source, governance };
      const written = await submit({ key, function: 'deploy', body });
      return written.ok ? succeed({ ...written.value, function: functionIdOf(body) }) : written;
    },

    upgrade({ key, function: id, source }) {
      const body = { engine: ENGINE_ID, function: id, source };
      return submit({ key, function: 'upgrade', body });
    },

    write: ({ key, function: id, action }) => submit({ key, function: id, body: action }),

    async outcomeOf(index) {
      const told = await get('any/outcome', { index: String(index) });
      return told.ok ? outcomeIn(told.value) : told;
    },

    async read({ function: id, key }) {
      const told = await get(`${id}/state`, { key });
      return told.ok ? rowIn(told.value, { function: id, key }) : told;
    },

    async list({ function: id, prefix = '', after = '', limit = STATE_ROWS_MAX }) {
      const told = await get(`${id}/state`, { prefix, after, limit: String(limit) });
      return told.ok ? rowsIn(told.value) : told;
    },
  };
}

function aboutIn(json: Json, logKey: string | undefined): Outcome<NetworkAbout> {
  const log = parseVerifierKey(textIn(json, 'verifierKey') ?? '');
  const engine = textIn(json, 'engine');
  if (!log.ok) return log;
  if (engine === null) return strange('of itself');
  if (logKey !== undefined && textIn(json, 'verifierKey') !== logKey) {
    const text = `this network's log is "${log.value.name}", and not the one that was named`;
    return fail(failure('checkpoint_untrusted', `${text}. Ask its operator, or name another.`));
  }
  const functions = new Map<string, string>();
  for (const one of Array.isArray(json['functions']) ? json['functions'] : []) {
    const [name, id] = [textIn(one as Json, 'name'), textIn(one as Json, 'id')];
    if (name !== null && id !== null) functions.set(name, id);
  }
  return succeed({ log: log.value, engine, functions });
}

/** Accepts a promise only for these very bytes. */
async function writtenIn(
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

function outcomeIn(json: Json): Outcome<ToldOutcome> {
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

function rowIn(
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

function rowsIn(json: Json): Outcome<ListedRows> {
  const head = headIn(json);
  if (head === null || !Array.isArray(json['rows'])) return strange('of rows');
  const rows: { key: string; value: CanonicalValue }[] = [];
  for (const one of json['rows'] as readonly Json[]) {
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
