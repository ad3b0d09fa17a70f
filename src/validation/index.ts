// Front door of the room: what checks there are, how far honest results differ, which rows to draw.
export { CHECKS } from './checks.ts';
export type { Check, CheckName } from './checks.ts';
export { drawRows } from './draw-rows.ts';
export { AGREEMENT_TOLERANCE, MODEL_TOLERANCE } from './tolerance.ts';
export type { RowTolerance } from './tolerance.ts';
