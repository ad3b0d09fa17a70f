import type { AgentId } from '../domain/ids.ts';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { functionTagOf, httpTiles, recordFunctions } from '../execution-machine/index.ts';
import { agentIdOf } from '../integrity/index.ts';
import {
  decodeCredits,
  parsePolicy,
  parseVerifierKey,
  verifyReceipt,
  type CreditedTask,
  type Policy,
  type ProvenEntry,
  type VerifierKey,
} from '../ledger/index.ts';
import type { Connection } from './connection.ts';

/** What a receipt was found to prove. */
export type CreditReceipt = {
  readonly index: number;
  readonly tasks: readonly CreditedTask[];
  readonly kind: 'credits' | 'debits';
  readonly bytes: Uint8Array;
  readonly proven: ProvenEntry;
};

/** The receipts that an orchestrator has for a key. */
export type CreditReceipts = {
  /** Of the log that they are of. */
  readonly log: VerifierKey;
  /**
   * The receipt of an entry that credits the key, verified; what it proves is the key's own part.
   *
   * Errors: "entry_unknown" while no checkpoint has it; "proof_invalid" and others of
   * `isDoubtful` where it does not prove what the orchestrator says.
   */
  fetch(index: number): Promise<Outcome<CreditReceipt>>;
};

/** Asks an orchestrator whose log it keeps. `policy` null: believes whom it names. */
export async function creditReceipts(
  { record, origin, call, signal }: Pick<Connection, 'record' | 'origin' | 'call' | 'signal'>,
  { agent, policy: given }: { readonly agent: AgentId; readonly policy: Policy | null },
): Promise<Outcome<CreditReceipts>> {
  const told = await call((how) => record.getRecord({}, how));
  if (!told.ok) return told;
  const policy =
    given === null ? parsePolicy(new TextEncoder().encode(told.value.policy)) : succeed(given);
  if (!policy.ok) return policy;
  const log = parseVerifierKey(told.value.verifierKey);
  if (!log.ok) return log;
  const owner = agentIdOf(log.value.publicKey);
  if (!owner.ok) return owner;
  const tiles = httpTiles(`${origin}/record/`, signal);
  const functions = await recordFunctions({ tiles, policy: policy.value });
  if (!functions.ok) return functions;
  const { id: creditsFunction } = functions.value.credits;
  return succeed({
    log: log.value,
    async fetch(index) {
      const answered = await call((how) => record.getReceipt({ index: BigInt(index) }, how));
      if (!answered.ok) return answered;
      const bytes = answered.value.receipt;
      const proven = await verifyReceipt(policy.value, bytes);
      if (!proven.ok) return proven;
      const { entry } = proven.value;
      const isCredits = functionTagOf(entry) === creditsFunction;
      if (proven.value.index !== index || entry.owner !== owner.value || !isCredits) {
        return doubt(index, 'is of another entry');
      }
      for (const kind of ['credits', 'debits'] as const) {
        const decoded = decodeCredits(entry.body, kind);
        if (!decoded.ok) continue;
        const tasks = decoded.value.filter((task) => task.agent === agent);
        if (tasks.length === 0) return doubt(index, 'does not credit this key');
        return succeed({ index, tasks, kind, bytes, proven: proven.value });
      }
      return doubt(index, 'credits nobody');
    },
  });
}

/** Whether a failure says that a record is not what its orchestrator says. */
export function isDoubtful(code: string): boolean {
  return (
    code === 'proof_invalid' || code === 'signature_invalid' || code === 'checkpoint_untrusted'
  );
}

function doubt(index: number, why: string): Outcome<never> {
  const text = `the receipt of entry ${index} ${why}`;
  return fail(failure('proof_invalid', `${text}. Do not trust this orchestrator's record.`));
}
