import { AGREEMENT_TOLERANCE, MODEL_TOLERANCE } from './tolerance.ts';

export type CheckName = 'structure' | 'recompute' | 'compare';

/** A way to find out whether a result is right: what it proves, and what it costs. */
export type Check = {
  readonly name: CheckName;
  /** The chance that a wrong result passes, and under which assumption. */
  readonly soundness: string;
  /** Work for the orchestrator, beside that of the agents. */
  readonly cost: string;
  /** How far an honest result may differ, and why. */
  readonly tolerance: string;
};

/** The catalogue, cheapest first. A result enters an output only after one of the last two. */
export const CHECKS: readonly Check[] = [
  {
    name: 'structure',
    soundness: 'Proves number, types, shapes and sizes of the outputs; says nothing of values.',
    cost: 'Constant for each output; no tensor is read.',
    tolerance: 'None: shapes and types agree or do not.',
  },
  {
    name: 'compare',
    soundness:
      'A wrong result passes only if another key, drawn by the scheduler, gives the same wrong ' +
      'numbers. Where the two disagree all rows are recomputed, and the verdict is exact.',
    cost: 'The task is computed twice by agents; both results are read once.',
    tolerance:
      `Models: twice the recomputation's (${MODEL_TOLERANCE.reason}) ` +
      `Operators: ${AGREEMENT_TOLERANCE.reason}`,
  },
  {
    name: 'recompute',
    soundness:
      'A result with a share w of its rows wrong passes a draw of k rows with a chance of at ' +
      'most (1 - w)^k; with share 1 never.',
    cost: "The drawn rows' computation by references or ONNX Runtime, and their inputs alone.",
    tolerance:
      `Models: ${MODEL_TOLERANCE.reason} Operators: bounds derived for each operator from the ` +
      'rows at hand and carried through the graph (kernels/tolerance.ts); integers exactly.',
  },
];
