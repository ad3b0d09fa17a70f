import { roundShift } from '../fixed-point.ts';
import type { ExactGpt } from './gpt.ts';

/** Writes a token's embedding, [width] i32: where the residual stream begins. */
export function embed(gpt: ExactGpt, token: number, into: Int32Array): void {
  const { config, embedding } = gpt;
  const start = token * config.width;
  const multiplier = embedding.multipliers[token] ?? 0;
  for (let index = 0; index < config.width; index++) {
    const weight = embedding.weights[start + index] ?? 0;
    into[index] = roundShift(weight * multiplier, embedding.shift);
  }
}
