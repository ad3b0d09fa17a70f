import type { OperatorName } from '../../domain/operator.ts';
import type { Shape } from '../../domain/tensor.ts';
import type { Kernels } from '../kernels.ts';
import type { Trial } from '../trial/trial.ts';
import type { WrongElements } from '../wrong-elements.ts';

/**
 * A kernel that somebody wrote for an operator of the set, to be tried on the machine it is on.
 *
 * It never gets work of the network: that has its own kernels alone. `kernels.md` has the contract.
 */
export type Draft =
  | { readonly kind: 'wgsl'; readonly operator: OperatorName; readonly source: string }
  | { readonly kind: 'wasm'; readonly operator: OperatorName; readonly module: Uint8Array };

/** A message of the WGSL compiler; line and column from 1, 0 where it names no place. */
export type SourceMessage = {
  readonly type: 'error' | 'warning' | 'info';
  readonly line: number;
  readonly column: number;
  /** UTF-16 units that are meant, from that place on. */
  readonly length: number;
  readonly text: string;
};

/** A draft that can be run, or why it is none. */
export type OpenedDraft =
  | {
      readonly kind: 'open';
      /** Whose results are looked at. */
      readonly kernels: Kernels;
      /** The same draft without what watches over its memory: whose runs are timed. */
      readonly timed: Kernels;
      readonly messages: readonly SourceMessage[];
    }
  | DraftRefusal;

export type DraftRefusal =
  /** WGSL; at least one message is an error. */
  | { readonly kind: 'not-compiled'; readonly messages: readonly SourceMessage[] }
  /** It compiles, and does not keep the contract. */
  | { readonly kind: 'refused'; readonly why: string };

/** What came of one published vector. */
export type VectorFinding = { readonly vector: string; readonly shapes: readonly Shape[] } & (
  | {
      readonly kind: 'right';
      /** The largest error over what is allowed. */ readonly share: number;
    }
  | ({ readonly kind: 'wrong' } & WrongElements)
  /** It gave no result: a trap, a write past its output, what the GPU found invalid. */
  | { readonly kind: 'failed'; readonly why: string }
);

/** What came of a draft as a whole. */
export type DraftFinding =
  | DraftRefusal
  | {
      /** Some vectors are wrong or failed; after one that failed, the others were not tried. */
      readonly kind: 'wrong';
      readonly messages: readonly SourceMessage[];
      readonly vectors: readonly VectorFinding[];
    }
  | {
      readonly kind: 'right';
      readonly messages: readonly SourceMessage[];
      readonly vectors: readonly VectorFinding[];
      /** At each of `trialSizes`; none where times were not asked for. */
      readonly trials: readonly Trial[];
    }
  /** The GPU went away under it: most often, a run that takes too long. */
  | { readonly kind: 'device-lost'; readonly during: string; readonly why: string }
  /** It was ended from outside, because a run did not come to an end. */
  | { readonly kind: 'endless'; readonly during: string; readonly limitMs: number }
  /** What ran it is gone: a crash of the engine or the driver. */
  | { readonly kind: 'crashed'; readonly during: string; readonly why: string };

/** What is done now, and which of how many. */
export type WorkshopStep = {
  readonly what: string;
  readonly index: number;
  readonly count: number;
};
