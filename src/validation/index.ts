// Front door of the room: what checks there are, how far honest results differ, which rows to draw,
// and the evidence of a rejected result.
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
export type { Projector } from './projector.ts';
export { drawRows, drawsAll } from './draw-rows.ts';
export { sampledShare } from './sampled-share.ts';
export type { SamplingFacts } from './sampled-share.ts';
export { encodeEvidence, EVIDENCE_VERSION } from './encode-evidence.ts';
export type { Evidence, EvidenceMode, JudgedResult, SignedResult } from './evidence.ts';
export { parseEvidence } from './parse-evidence.ts';
export { AGREEMENT_TOLERANCE, MODEL_TOLERANCE } from './tolerance.ts';
export type { RowTolerance } from './tolerance.ts';
