import type { CheckOrder } from '../../../src/orchestrator/checking/check-message.ts';

/** The seed of a check, as its order wants it. */
export function checkSeed(number: number): CheckOrder['seed'] {
  return [number, 0, 0, 1];
}
