import { failure } from '../domain/failure.ts';
import { WORK_BITS_MAX, WORK_TRIES_PER_SLICE } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { findWork, type WorkSubject } from '../integrity/index.ts';
import type { Clock } from './agent-ports.ts';

/**
 * Does the work that a challenge asks for, with a rest behind each WORK_TRIES_PER_SLICE tries, so
 * that whatever else this thread does goes on. Empty where nothing is asked for.
 *
 * Errors: "limit_exceeded" where an orchestrator asks for more than WORK_BITS_MAX; "canceled".
 */
export async function doJoinWork(
  subject: WorkSubject,
  of: { readonly bits: number; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Outcome<Uint8Array>> {
  const { bits, clock, signal } = of;
  if (bits === 0) return succeed(new Uint8Array());
  if (bits > WORK_BITS_MAX) {
    const text = `the orchestrator asks for ${bits} bits of work, and at most ${WORK_BITS_MAX} are done`;
    return fail(failure('limit_exceeded', `${text}. Join another orchestrator.`));
  }
  const search = findWork(subject, { bits, tries: WORK_TRIES_PER_SLICE });
  for (;;) {
    if (signal.aborted) return fail(failure('canceled', 'the joining was called off'));
    const step = search.next();
    if (step.done === true) return succeed(step.value);
    await new Promise<void>((resolve) => void clock.wakeAt(clock.nowMs(), resolve));
  }
}
