import { assertNever } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import { fail, type Outcome } from '../../domain/outcome.ts';
import type { ModelToTrace, ModelTrace } from './model-trace.ts';
import { runApart, type Watching } from './run-apart.ts';
import type { FromWorkshop } from './workshop-message.ts';

type TraceAnswer = Extract<FromWorkshop, { kind: 'trace' }>;

/**
 * Traces a model in a workshop of its own; see `traceModel`.
 *
 * Errors: those of `traceModel`; execution_failed (it took too long, or its workshop died), canceled.
 */
export async function traceModelApart(
  asked: ModelToTrace,
  how: Watching,
): Promise<Outcome<ModelTrace>> {
  const isAnswer = (message: FromWorkshop): message is TraceAnswer => message.kind === 'trace';
  const end = await runApart({ kind: 'trace', asked }, { ...how, isAnswer });
  switch (end.kind) {
    case 'answered':
      return end.answer.outcome;
    case 'silent': {
      const text = `${end.during} did not end within ${end.limitMs / 1000} s`;
      return fail(failure('execution_failed', `${text}: try smaller inputs, or a longer limit`));
    }
    case 'died': {
      const remedy = 'try another backend, or smaller inputs';
      return fail(failure('execution_failed', `${end.during}: ${end.why}: ${remedy}`));
    }
    case 'canceled':
      return fail(failure('canceled', 'stopped before the end'));
    default:
      return assertNever(end);
  }
}
