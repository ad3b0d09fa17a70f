import { assertNever } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import type { BackendName } from '../../domain/operator.ts';
import { fail, type Outcome } from '../../domain/outcome.ts';
import type { Trial } from '../trial/trial.ts';
import type { TrialOrder } from './contender.ts';
import type { Ceilings } from './measure-ceilings.ts';
import { runApart, type EndOfWorkshop, type Watching } from './run-apart.ts';
import type { FromWorkshop, ToWorkshop } from './workshop-message.ts';

type TrialAnswer = Extract<FromWorkshop, { kind: 'trial' }>;
type CeilingsAnswer = Extract<FromWorkshop, { kind: 'ceilings' }>;

/**
 * Has a workshop of its own run an operator by one contender; see `runTrial`.
 *
 * Errors: those of `runContender`; execution_failed (it took too long, or its workshop died), canceled.
 */
export async function runTrialApart(order: TrialOrder, how: Watching): Promise<Outcome<Trial>> {
  const isAnswer = (message: FromWorkshop): message is TrialAnswer => message.kind === 'trial';
  return outcomeOf(await asked({ kind: 'trial', order }, { ...how, isAnswer }));
}

/** Has a workshop measure what a core, or the GPU, can do at most. Errors: as above. */
export async function measureCeilingsApart(
  of: BackendName,
  how: Watching,
): Promise<Outcome<Ceilings>> {
  const isAnswer = (message: FromWorkshop): message is CeilingsAnswer =>
    message.kind === 'ceilings';
  return outcomeOf(await asked({ kind: 'ceilings', of }, { ...how, isAnswer }));
}

const asked = <Answer extends FromWorkshop>(
  what: ToWorkshop,
  how: Parameters<typeof runApart<Answer>>[1],
): Promise<EndOfWorkshop<Answer>> => runApart(what, how);

function outcomeOf<Value>(
  end: EndOfWorkshop<FromWorkshop & { readonly outcome: Outcome<Value> }>,
): Outcome<Value> {
  switch (end.kind) {
    case 'answered':
      return end.answer.outcome;
    case 'silent': {
      const text = `it did not end within ${end.limitMs / 1000} s`;
      return fail(failure('execution_failed', `${text}: try a smaller size`));
    }
    case 'died':
      return fail(failure('execution_failed', `it ended by itself (${end.why}): try again`));
    case 'canceled':
      return fail(failure('canceled', 'stopped before the end'));
    default:
      return assertNever(end);
  }
}
