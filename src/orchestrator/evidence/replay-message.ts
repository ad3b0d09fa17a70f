import type { Failure } from '../../domain/failure.ts';
import type { EvidenceId } from '../../domain/ids.ts';
import type { Replay } from './replay-evidence.ts';

// What a page and the worker that replays evidence for it tell each other. Whoever wants it to stop
// terminates the worker.

/** A bundle that the orchestrator keeps, or one that somebody has in a file. */
export type EvidenceSource =
  | { readonly kind: 'kept'; readonly id: EvidenceId }
  | { readonly kind: 'file'; readonly bytes: Uint8Array };

export type ToReplayer = { readonly source: EvidenceSource; readonly origin: string };

export type FromReplayer =
  | { readonly kind: 'progress'; readonly step: ReplayStep }
  | { readonly kind: 'done'; readonly replay: Replay }
  | { readonly kind: 'refused'; readonly failure: Failure };

/** verifying: that blocks hash to their ids. checking: the check itself. */
export type ReplayStep = 'fetching' | 'verifying' | 'checking';
