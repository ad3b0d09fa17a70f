// Front door of the room: what checks there are, how far honest results differ, which rows to draw.
export { CATALOGUE, CHECKS_OF_WORKLOADS, checksOfOperator } from './catalogue.ts';
export type { Check, CheckName } from './check.ts';
export { firstOutside, rangeOf } from './checks/finite-and-range.ts';
export {
  EXACT_ESCAPE_MAX,
  EXACT_INNER_MAX,
  exactProbe,
  wrongProductRows,
} from './checks/freivalds-exact.ts';
export type { ExactProbe } from './checks/freivalds-exact.ts';
export {
  FLOAT_ESCAPE_MAX,
  floatProbe,
  productResiduals,
  suspectRows,
} from './checks/freivalds-float.ts';
export type { ElementTolerance, FloatProbe } from './checks/freivalds-float.ts';
export { checkStructure } from './checks/structure.ts';
export type { Witness } from './checks/witness.ts';
export { drawRows } from './draw-rows.ts';
export type { Projector } from './projector.ts';
export { AGREEMENT_TOLERANCE, MODEL_TOLERANCE } from './tolerance.ts';
export type { RowTolerance } from './tolerance.ts';
