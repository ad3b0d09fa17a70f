// A receipt, step by step: each says for itself whether it holds, so that a volunteer sees which one
// does not. What a step shows is in docs/ledger.md.
//
//   task -> credited by the log's key -> entry signed -> leaf in the tree -> checkpoint -> witnesses
import type { AgentId, EntryId } from '../../domain/ids.ts';
import type { Failure } from '../../domain/failure.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import {
  decodeCredits,
  decodeEntry,
  entryIdOf,
  leafHash,
  parseReceipt,
  provesInclusion,
  trustCheckpoint,
  verifyEntry,
  type CreditedTask,
  type Entry,
  type Policy,
} from '../../ledger/index.ts';

/** Whom a receipt is held to. */
export type Trusted = {
  readonly policy: Policy;
  /** Of the log, which alone credits tasks. */
  readonly logKey: AgentId;
  /** Function of the credits; null where the orchestrator named none. */
  readonly credits: string | null;
};

/** Whether a step holds; `why` for a person where it does not. */
export type StepMark =
  | { readonly kind: 'good' }
  | { readonly kind: 'bad'; readonly why: string }
  /** Nothing to hold it to, such as a policy without witnesses. */
  | { readonly kind: 'open' };

export type Walk = {
  readonly index: number;
  readonly id: EntryId;
  /** Entries of the checkpoint that it leads to. */
  readonly size: number;
  readonly origin: string;
  readonly tasks: readonly CreditedTask[];
  /** Whether their credits are taken back: their agent was found to lie before all was verified. */
  readonly isTakenBack: boolean;
  readonly cosigners: readonly { readonly name: string; readonly atSeconds: number }[];
  readonly recorded: StepMark;
  readonly signed: StepMark;
  readonly included: StepMark;
  readonly checkpoint: StepMark;
  readonly cosigned: StepMark;
};

export const WALK_STEPS = ['recorded', 'signed', 'included', 'checkpoint', 'cosigned'] as const;

const GOOD: StepMark = { kind: 'good' };

/**
 * What each step of a receipt comes to.
 *
 * The bytes may come from an attacker. Errors: those of `parseReceipt`, `decodeEntry` and
 * `decodeCredits`, where there is nothing to walk.
 */
export async function walkReceipt(
  { policy, logKey, credits }: Trusted,
  bytes: Uint8Array,
): Promise<Outcome<Walk>> {
  const receipt = parseReceipt(bytes);
  if (!receipt.ok) return receipt;
  const { entry: entryBytes, index, hashes, signed } = receipt.value;
  const decoded = decodeEntry(entryBytes);
  if (!decoded.ok) return decoded;
  const { entry } = decoded.value;
  const taken = decodeCredits(entry.body, 'debits');
  const tasks = taken.ok ? taken : decodeCredits(entry.body);
  if (!tasks.ok) return tasks;
  const { size, root, origin } = signed.checkpoint;
  const leaf = await leafHash(entryBytes);
  const verified = await verifyEntry(entryBytes);
  const isIncluded = provesInclusion({ leaf, index, size, root, hashes });
  const ownLog: Policy = { logs: policy.logs, witnesses: new Map(), quorum: { kind: 'none' } };
  const byLog = await trustCheckpoint(ownLog, signed.bytes);
  const byAll = await trustCheckpoint(policy, signed.bytes);
  const cosigners = byAll.ok ? [...byAll.value.cosigners] : [];
  return succeed({
    index,
    id: await entryIdOf(entry),
    size,
    origin,
    tasks: tasks.value,
    isTakenBack: taken.ok,
    cosigners: cosigners.map(([name, { atSeconds }]) => ({ name, atSeconds })),
    recorded: recordedMark(entry, { logKey, credits }),
    signed: verified.ok ? GOOD : bad(verified.failure),
    included: isIncluded ? GOOD : { kind: 'bad', why: 'its hashes lead to another root' },
    checkpoint: byLog.ok ? GOOD : bad(byLog.failure),
    cosigned: cosignedMark(policy, byAll),
  });
}

/** Whether every step that there is something to hold it to holds. */
export function walkHolds(walk: Walk): boolean {
  return WALK_STEPS.every((step) => walk[step].kind !== 'bad');
}

function recordedMark(entry: Entry, { logKey, credits }: Omit<Trusted, 'policy'>): StepMark {
  if (entry.owner !== logKey) return { kind: 'bad', why: 'another key than the log’s wrote it' };
  const named = entry.tags.find(({ name }) => name === 'Function')?.value;
  if (credits === null) return { kind: 'open' };
  return named === credits ? GOOD : { kind: 'bad', why: 'it is for another function' };
}

function cosignedMark(
  policy: Policy,
  byAll: Outcome<{ readonly cosigners: ReadonlyMap<string, unknown> }>,
): StepMark {
  if (!byAll.ok) return bad(byAll.failure);
  return policy.witnesses.size === 0 || byAll.value.cosigners.size === 0 ? { kind: 'open' } : GOOD;
}

function bad({ message }: Failure): StepMark {
  return { kind: 'bad', why: message };
}
