import { MODEL_TOLERANCE } from '../tolerance.ts';
import type { Check } from '../check.ts';

/** The draw is in `draw-rows.ts`, the computation with those who can compute: `workloads`. */
export const RECOMPUTE_ROWS: Check = {
  name: 'recompute-rows',
  soundness:
    'A result with a share w of its rows wrong passes a draw of k rows with a chance of at ' +
    'most (1 - w)^k; with all rows drawn never.',
  cost: "The drawn rows' computation by references or ONNX Runtime, and their inputs alone.",
  tolerance:
    `Models: ${MODEL_TOLERANCE.reason} Operators: bounds derived for each operator from the ` +
    'rows at hand and carried through what is not reported (kernels/tolerance.ts); integers, moves ' +
    'and choices exactly.',
};
