import type { CheckMode, LeaseNumber } from '../../scheduler/index.ts';
import type { ContentId } from '../../domain/ids.ts';
import type { InferenceSpec } from '../../domain/job.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { WideSeed } from '../../domain/random.ts';
import type { RowRange } from '../../domain/tensor.ts';
import type { StageWork } from '../../domain/work.ts';
import type { Judgement, ModelFacts, ReportedOutput } from '../../workloads/index.ts';
import type { EvidenceOrder, MadeEvidence } from '../evidence/evidence-order.ts';

/** A task whose results are to be judged. */
export type CheckOrder = {
  readonly work: StageWork;
  readonly rows: RowRange;
  readonly results: readonly ReportedOutput<LeaseNumber>[];
  readonly mode: OrderedMode;
  /** Of the draw of rows and factors; made after the results were reported, of real randomness. */
  readonly seed: WideSeed;
};

/** What is left of a request's mode when the policy has decided how many rows are drawn. */
export type OrderedMode = Exclude<CheckMode, { readonly kind: 'adaptive' }>;

/** Tasks of one stage whose results are to be judged. */
export type ChecksOrder = { readonly kind: 'checks'; readonly orders: readonly CheckOrder[] };

/** An order that was carried out. */
export type CheckedOrder = {
  readonly order: CheckOrder;
  readonly judgement: Judgement<LeaseNumber>;
};

/** A model to be run on some rows of its job, before that is accepted. */
export type ProbeOrder = { readonly kind: 'probe'; readonly spec: InferenceSpec };

export type Order = ChecksOrder | ProbeOrder | EvidenceOrder;

/** What a worker answers: each kind of order with its own kind of value. */
export type Answer = readonly Judgement<LeaseNumber>[] | ModelFacts | MadeEvidence;

/** From the pool to a worker. */
export type ToWorker =
  | { readonly kind: 'order'; readonly order: Order }
  | {
      readonly kind: 'block';
      readonly request: number;
      readonly outcome: Outcome<Uint8Array>;
    };

/** From a worker to the pool. It has one order at a time. */
export type FromWorker =
  | { readonly kind: 'done'; readonly outcome: Outcome<Answer> }
  | { readonly kind: 'get-block'; readonly request: number; readonly id: ContentId };
