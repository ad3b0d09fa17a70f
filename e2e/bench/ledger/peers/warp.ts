import type { Entry } from '../../../../src/execution-machine/index.ts';
import type { LoadModule } from '../../scheduler/peers/modules.ts';

/** The transfers of `replay-work.ts` as warp has its contracts. */
const SOURCE = `export function handle(state, action) {
  const { to, amount } = action.input;
  if (!Number.isSafeInteger(amount) || amount <= 0) throw new ContractError('not positive');
  const from = state[action.caller] ?? 1000000;
  if (from < amount) throw new ContractError('not enough');
  state[action.caller] = from - amount;
  state[to] = (state[to] ?? 1000000) + amount;
  return { state };
}`;

/** What is used of warp-contracts; loaders that read from memory stand in for its gateways. */
type Warp = {
  readonly LoggerFactory: { readonly INST: { logLevel(level: string): void } };
  readonly defaultCacheOptions: object;
  readonly WarpFactory: { custom(arweave: unknown, cache: object, environment: string): Builder };
};
type Builder = {
  setDefinitionLoader(loader: object): Builder;
  setInteractionsLoader(loader: object): Builder;
  build(): { contract(id: string): Contract };
};
type Contract = {
  setEvaluationOptions(options: object): Contract;
  readState(sortKey: string): Promise<{
    readonly cachedValue: { readonly state: Readonly<Record<string, number>> };
  }>;
};
type Arweave = { readonly default: { init(options: object): unknown } };

const CONTRACT = 'c'.repeat(43);

/** Has warp fold transfers, from memory and into memory; gives balances by account. */
export async function openWarp(load: LoadModule): Promise<Fold> {
  const { WarpFactory, LoggerFactory, defaultCacheOptions } = await load<Warp>('warp-contracts');
  const { default: arweave } = await load<Arweave>('arweave');
  LoggerFactory.INST.logLevel('fatal');
  return async (transfers) => {
    const interactions = transfers.map(interactionOf);
    const nowhere = arweave.init({ host: '127.0.0.1', port: 1, protocol: 'http' });
    const definition = definitionOf();
    const warp = WarpFactory.custom(nowhere, { ...defaultCacheOptions, inMemory: true }, 'local')
      .setDefinitionLoader({ ...NO_CACHE, load: async () => definition })
      .setInteractionsLoader({ ...NO_CACHE, load: async () => interactions })
      .build();
    const contract = warp.contract(CONTRACT).setEvaluationOptions({ internalWrites: false });
    const last = interactions.at(-1)?.sortKey ?? '';
    const { cachedValue } = await contract.readState(last);
    return cachedValue.state;
  };
}
export type Fold = (transfers: readonly Entry[]) => Promise<Readonly<Record<string, number>>>;

const NO_CACHE = {
  type: () => 'arweave',
  setCache: () => undefined,
  getCache: () => undefined,
  clearCache: async () => undefined,
};

function definitionOf() {
  return {
    txId: CONTRACT,
    srcTxId: 's'.repeat(43),
    src: SOURCE,
    srcBinary: null,
    srcWasmLang: null,
    initState: {},
    minFee: null,
    owner: 'o'.repeat(43),
    contractType: 'js',
    metadata: null,
    contractTx: { tags: [] },
    srcTx: { tags: [] },
    testnet: null,
  };
}

function interactionOf({ index, caller, body }: Entry) {
  const height = String(index).padStart(12, '0');
  return {
    id: String(index).padStart(43, 't'),
    owner: { address: caller },
    recipient: '',
    quantity: { winston: '0' },
    fee: { winston: '0' },
    tags: [
      { name: 'App-Name', value: 'SmartWeaveAction' },
      { name: 'Contract', value: CONTRACT },
      { name: 'Input', value: JSON.stringify(body) },
    ],
    block: { id: 'b', height: index, timestamp: 1_700_000_000 + index },
    sortKey: `${height},0000000000000,${String(index).padStart(64, '0')}`,
  };
}
