import type { Entry } from '../../../../src/execution-machine/index.ts';
import type { LoadModule } from '../../scheduler/peers/modules.ts';
import type { Fold } from './warp.ts';

/** The transfers of `replay-work.ts` as 3em has its contracts. */
const SOURCE = `export async function handle(state, action) {
  const { to, amount } = action.input;
  if (!Number.isSafeInteger(amount) || amount <= 0) throw new ContractError('not positive');
  const from = state[action.caller] ?? 1000000;
  if (from < amount) throw new ContractError('not enough');
  state[action.caller] = from - amount;
  state[to] = (state[to] ?? 1000000) + amount;
  return { state };
}`;

/** What is used of @three-em/node, which is native code around V8. */
type ThreeEm = {
  simulateContract(of: object): Promise<{
    readonly state: Readonly<Record<string, number>>;
    readonly errors: Readonly<Record<string, string>>;
  }>;
};

/** Has 3em fold transfers, from memory and into memory; gives balances by account. */
export async function openThreeEm(load: LoadModule): Promise<Fold> {
  const { simulateContract } = await load<ThreeEm>('@three-em/node');
  return async (transfers) => {
    const { state, errors } = await simulateContract({
      contractId: 'c'.repeat(43),
      maybeContractSource: { contractSrc: Buffer.from(SOURCE), contractType: 0 },
      interactions: transfers.map(interactionOf),
      contractInitState: '{}',
      maybeCache: false,
      maybeBundledContract: false,
    });
    const [error] = Object.values(errors);
    if (error !== undefined) throw new Error(`3em answered ${error}`);
    return state;
  };
}

function interactionOf({ index, caller, body }: Entry) {
  return {
    id: String(index).padStart(43, 't'),
    owner: caller,
    quantity: '0',
    reward: '0',
    tags: [],
    block: { height: String(index), indepHash: 'b', timestamp: String(1_700_000_000 + index) },
    input: JSON.stringify(body),
  };
}
