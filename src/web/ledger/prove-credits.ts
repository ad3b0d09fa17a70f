import type { AgentId } from '../../domain/ids.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { RecordApi } from '../../execution-machine/browser/record-api.ts';
import type { Policy } from '../../ledger/index.ts';
import { proveRow, type RowVerdict } from './prove-row.ts';

/** A key's credits, and the verdict on whether the state that a log claims has them. */
export type ProvenCredits = { readonly units: number } & Omit<RowVerdict, 'value'>;

/** Reads a key's credits and proves them. Errors: those of `proveRow`. */
export async function proveCredits(
  api: RecordApi,
  of: {
    readonly policy: Policy;
    /** The checkpoint that was seen before; null for none. */
    readonly pinned: Uint8Array | null;
    readonly credits: string;
    readonly agent: AgentId;
    /** As of `proveRow`. */
    readonly since: number | null;
  },
): Promise<Outcome<ProvenCredits>> {
  const { policy, pinned, credits, agent, since } = of;
  const key = `total/${agent}`;
  const proven = await proveRow(api, { policy, pinned, function: credits, key, since });
  if (!proven.ok) return proven;
  const { value, ...verdict } = proven.value;
  return succeed({ units: typeof value === 'number' ? value : 0, ...verdict });
}
