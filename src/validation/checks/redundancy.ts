import { AGREEMENT_TOLERANCE, MODEL_TOLERANCE } from '../tolerance.ts';
import type { Check } from '../check.ts';

export const REDUNDANCY: Check = {
  name: 'redundancy',
  soundness:
    'A wrong result passes only if every key of the quorum gives the same wrong numbers. Keys of ' +
    'one owner count once where owners are known; a person with many owners is not seen. Where ' +
    'results disagree all rows are recomputed, and the verdict is exact.',
  cost: 'The task is computed once more by each further key; results are read once each.',
  tolerance:
    `Models: twice the recomputation's (${MODEL_TOLERANCE.reason}) ` +
    `Operators: ${AGREEMENT_TOLERANCE.reason}`,
};
