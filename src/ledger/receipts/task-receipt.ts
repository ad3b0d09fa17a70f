import { failure } from '../../domain/failure.ts';
import type { TaskId } from '../../domain/ids.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { Policy } from '../notes/policy.ts';
import { creditedTaskId, decodeCredits, type CreditedTask } from './credits.ts';
import { verifyReceipt, type ProvenEntry } from './receipt.ts';

/** That a task was credited, and where in the log that stands. */
export type ProvenTask = { readonly task: CreditedTask; readonly proven: ProvenEntry };

/**
 * The task that a receipt proves to be credited: one receipt proves all tasks of its entry.
 *
 * The bytes may come from an attacker. Who may credit is not asked here: `proven.entry.owner`
 * says who did.
 * Errors: "proof_invalid" where the task is not in it, and those of `verifyReceipt`.
 */
export async function verifyTaskReceipt(
  policy: Policy,
  receipt: Uint8Array,
  wanted: TaskId,
): Promise<Outcome<ProvenTask>> {
  const proven = await verifyReceipt(policy, receipt);
  if (!proven.ok) return proven;
  const tasks = decodeCredits(proven.value.entry.body);
  if (!tasks.ok) return tasks;
  const task = tasks.value.find((one) => creditedTaskId(one) === wanted);
  if (task !== undefined) return succeed({ task, proven: proven.value });
  const text = `this receipt credits ${tasks.value.length} tasks, but not ${wanted}`;
  return fail(failure('proof_invalid', `${text}. Look for the receipt of that task.`));
}
