import { failure, type Failure } from '../domain/failure.ts';
import type { TaskId } from '../domain/ids.ts';
import type { RowRange } from '../domain/tensor.ts';
import type { FailedTry } from './state.ts';

const TRY_CHARS_MAX = 120;

/** The failure of a job that one task poisoned, with the evidence: who tried and what came. */
export function failureOfTask(task: TaskId, rows: RowRange, tries: readonly FailedTry[]): Failure {
  const counts = new Map<string, number>();
  for (const { agent, code, message } of tries) {
    const text = `agent ${agent.slice(0, 8)} ${code}: ${message.slice(0, TRY_CHARS_MAX)}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const evidence = [...counts].map(([text, count]) => (count === 1 ? text : `${count} x ${text}`));
  return failure(
    tries.at(-1)?.code ?? 'execution_failed',
    `task ${task} (rows ${rows.start} to ${rows.end - 1}) failed ${tries.length} times: ` +
      `${evidence.join('; ')}. ` +
      `Run these rows alone to see why, then submit the job again.`,
  );
}
