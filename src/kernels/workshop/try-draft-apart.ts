import { assertNever } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { Draft, DraftFinding } from './draft.ts';
import { runApart, type Watching } from './run-apart.ts';
import type { FromWorkshop } from './workshop-message.ts';

type DraftAnswer = Extract<FromWorkshop, { kind: 'draft' }>;

/**
 * Tries a draft in a workshop of its own; see `tryDraft`.
 *
 * A draft that never ends, or takes its workshop down with it, is a finding like any other.
 *
 * Errors: backend_unsupported, limit_exceeded, canceled.
 */
export async function tryDraftApart(
  draft: Draft,
  of: Watching & { readonly isTimed: boolean },
): Promise<Outcome<DraftFinding>> {
  const isAnswer = (message: FromWorkshop): message is DraftAnswer => message.kind === 'draft';
  const end = await runApart({ kind: 'draft', draft, isTimed: of.isTimed }, { ...of, isAnswer });
  switch (end.kind) {
    case 'answered':
      return end.answer.outcome;
    case 'silent':
      return succeed({ kind: 'endless', during: end.during, limitMs: end.limitMs });
    case 'died':
      return succeed({ kind: 'crashed', during: end.during, why: end.why });
    case 'canceled':
      return fail(failure('canceled', 'stopped before the end'));
    default:
      return assertNever(end);
  }
}
