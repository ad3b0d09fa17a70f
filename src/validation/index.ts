// Front door of the room: what checks there are, how far honest results differ, which rows to draw,
// and the evidence of a rejected result.
export { CHECKS } from './checks.ts';
export type { Check, CheckName } from './checks.ts';
export { drawRows, drawsAll } from './draw-rows.ts';
export { sampledShare } from './sampled-share.ts';
export type { SamplingFacts } from './sampled-share.ts';
export { encodeEvidence, EVIDENCE_VERSION } from './encode-evidence.ts';
export type { Evidence, EvidenceMode, JudgedResult, SignedResult } from './evidence.ts';
export { parseEvidence } from './parse-evidence.ts';
export { AGREEMENT_TOLERANCE, MODEL_TOLERANCE } from './tolerance.ts';
export type { RowTolerance } from './tolerance.ts';
