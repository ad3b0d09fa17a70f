// The functions that a network runs on, and the entries that begin them. Those of a new network
// follow from the log's key and this software; from then on its record has them, and whoever runs
// other software finds them there: only governance changes what a network runs on.
import { OPERATORS } from '../domain/operator.ts';
import type { AgentId } from '../domain/ids.ts';
import {
  decodeCanonical,
  encodeCanonical,
  equalBytes,
  type CanonicalValue,
} from '../integrity/index.ts';
import { sha256 } from '../ledger/hashing.ts';
import type { Entry as LedgerEntry, EntryDraft } from '../ledger/index.ts';
import { ENGINE_ID } from './engine.ts';
import { firstFunction, type FirstFunction } from './first-functions.ts';
import { functionIdOf } from './function-id.ts';
import { parseDeployment } from './lifecycle.ts';
import { actionDraft, functionTagOf } from './log-entry.ts';

/** One of the functions that a network runs on. */
export type NetworkFunction = {
  readonly name: FirstFunction;
  readonly id: string;
  readonly source: string;
  /** Content id of the engine that it runs in. */
  readonly engine: string;
};

/** All of them, in the order in which they are deployed. */
export type NetworkFunctions = Readonly<Record<FirstFunction, NetworkFunction>> & {
  /** What deploys those that are not there yet, for the log's own key to sign. */
  readonly beginnings: readonly EntryDraft[];
};

/** Those that a record has, by name. */
export type BegunFunctions = Readonly<Partial<Record<FirstFunction, NetworkFunction>>>;

/** How a network began, or is to begin. */
export type Founding = {
  readonly begun?: BegunFunctions;
  /** Keys of those who decide appeals, besides the log's own. */
  readonly judges?: readonly string[];
};

const DAY_MS = 86_400_000;

/** What a unit of each work is worth at first; governance changes it. */
const PRICES = {
  ...Object.fromEntries(OPERATORS.map((operator) => [operator, 1])),
  // A row of a small model takes some hundred million multiply-adds.
  inference: 100,
  // An entry's signature takes about as long as a million multiply-adds.
  audit: 1,
};
const LICENCES = ['Apache-2.0', 'MIT', 'BSD-3-Clause', 'CC0-1.0', 'CC-BY-4.0'];
/** Units of credit that must have voted: ten keys or more, since none weighs more than a tenth. */
const QUORUM = 1_000_000;

/** The functions of the network whose log has this key, and began so far; `judges`: see Founding. */
export function networkFunctions(
  log: AgentId,
  { begun = {}, judges = [] }: Founding = {},
): NetworkFunctions {
  const voting = { quorum: QUORUM, votingMs: 7 * DAY_MS, delayMs: 3 * DAY_MS };
  const beginnings: EntryDraft[] = [];
  const named = (
    name: FirstFunction,
    settings: Settings,
    governed: string | null,
  ): NetworkFunction => {
    const known = begun[name];
    if (known !== undefined) return known;
    const source = firstFunction(name, settings);
    const body = { engine: ENGINE_ID, source, governance: governed };
    beginnings.push(actionDraft({ function: 'deploy', body, anchor: anchorOf(name) }));
    return { name, id: functionIdOf(body), source, engine: ENGINE_ID };
  };
  const governance = named('governance', { founder: log, ...voting }, null);
  const by = governance.id;
  const credits = named('credits', { recorders: [log], prices: PRICES }, by);
  const standing = named('standing', { judges: [...new Set([log, ...judges])] }, by);
  const registry = named('registry', { stewards: [log], licences: LICENCES }, by);
  // The same entry again where it is there.
  const body = { kind: 'found', credits: credits.id };
  beginnings.push(actionDraft({ function: by, body, anchor: anchorOf('found') }));
  return { governance, credits, standing, registry, beginnings };
}

/** What the first entries of a log deploy of them. Their signatures were checked. */
export function begunFunctions(log: AgentId, entries: Iterable<LedgerEntry>): BegunFunctions {
  const begun: Partial<Record<FirstFunction, NetworkFunction>> = {};
  for (const entry of entries) {
    if (entry.owner !== log || functionTagOf(entry) !== 'deploy') continue;
    const name = NAMES.find((one) => equalBytes(entry.anchor, anchorOf(one)));
    const deployed = name === undefined ? null : deploymentIn(entry.body);
    if (name !== undefined && deployed !== null) begun[name] ??= { name, ...deployed };
  }
  return begun;
}

const NAMES: readonly FirstFunction[] = ['governance', 'credits', 'standing', 'registry'];

function deploymentIn(body: Uint8Array): Omit<NetworkFunction, 'name'> | null {
  const decoded = decodeCanonical(body);
  const deployment = decoded.ok ? parseDeployment(decoded.value) : null;
  if (deployment === null) return null;
  const { source, engine } = deployment;
  return { id: functionIdOf(deployment), source, engine };
}

type Settings = { readonly [key: string]: CanonicalValue };

/** The log's key uses each once, whatever the source: a network begins once. */
function anchorOf(name: string): Uint8Array {
  return sha256(encodeCanonical(['network function', name]));
}
