// Front door of the room: what checks there are, how far honest results differ, which rows to draw.
export { CHECKS } from './checks.ts';
export type { Check, CheckName } from './checks.ts';
export { drawRows, drawsAll } from './draw-rows.ts';
export { sampledShare } from './sampled-share.ts';
export type { SamplingFacts } from './sampled-share.ts';
export { AGREEMENT_TOLERANCE, MODEL_TOLERANCE } from './tolerance.ts';
export type { RowTolerance } from './tolerance.ts';
