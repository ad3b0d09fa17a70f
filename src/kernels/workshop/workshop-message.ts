import type { BackendName } from '../../domain/operator.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { Draft, DraftFinding, WorkshopStep } from './draft.ts';
import type { Trial } from '../trial/trial.ts';
import type { TrialOrder } from './contender.ts';
import type { Ceilings } from './measure-ceilings.ts';
import type { ModelToTrace, ModelTrace } from './model-trace.ts';

/** What a workshop is asked for: one thing in its life. */
export type ToWorkshop =
  | { readonly kind: 'draft'; readonly draft: Draft; readonly isTimed: boolean }
  | { readonly kind: 'trace'; readonly asked: ModelToTrace }
  | { readonly kind: 'trial'; readonly order: TrialOrder }
  | { readonly kind: 'ceilings'; readonly of: BackendName };

/** What a workshop tells. */
export type FromWorkshop =
  | { readonly kind: 'step'; readonly step: WorkshopStep }
  /** A run came to its end: what is tried is not endless. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'draft'; readonly outcome: Outcome<DraftFinding> }
  | { readonly kind: 'trace'; readonly outcome: Outcome<ModelTrace> }
  | { readonly kind: 'trial'; readonly outcome: Outcome<Trial> }
  | { readonly kind: 'ceilings'; readonly outcome: Outcome<Ceilings> };
