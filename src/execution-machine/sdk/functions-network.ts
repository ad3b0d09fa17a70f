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
import { STATE_ROWS_MAX } from '../../domain/limits.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import { messageSignerOf, type CanonicalValue, type SigningKey } from '../../integrity/index.ts';
import { signEntry } from '../../ledger/index.ts';
import { ENGINE_ID } from '../engine.ts';
import { functionIdOf } from '../function-id.ts';
import { actionDraft, freshAnchor } from '../log-entry.ts';
import { askJson, sendBytes, type Json } from './ask-json.ts';
import {
  aboutIn,
  outcomeIn,
  rowIn,
  rowsIn,
  writtenIn,
  type ListedRows,
  type NetworkAbout,
  type ReadRow,
  type ToldOutcome,
  type Written,
} from './network-answers.ts';

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
