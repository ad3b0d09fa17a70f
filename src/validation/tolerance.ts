/**
 * How far one row of a float output may lie from another computation of it:
 *
 *     |a - b| <= relative * |b| + scaled * (largest |b| of the row) + floor
 *
 * Integers and booleans agree bit for bit.
 */
export type RowTolerance = {
  readonly relative: number;
  /** Share of the row's largest magnitude: errors of sums scale with what was summed. */
  readonly scaled: number;
  /** For rows that are all but zero. In the output's own unit. */
  readonly floor: number;
  /** Why these numbers, for people. */
  readonly reason: string;
};

/** One model on ONNX Runtime's CPU, WASM and WebGPU providers: an honest result against another. */
export const MODEL_TOLERANCE: RowTolerance = {
  relative: 1e-3,
  scaled: 1e-4,
  floor: 1e-5,
  reason:
    'All providers compute in f32 (unit roundoff 6e-8) but sum in other orders, fuse other ' +
    'operators and, in WGSL, may take exp, tanh and division to a few thousand units of the last ' +
    'place. A network of some hundred layers loses about three of seven digits to that. An ' +
    'element near zero is the difference of larger ones: its error scales with the row, hence `scaled`; ' +
    'after a relu a row may be zero on one device and 1e-6 on another, hence `floor`.',
};

/**
 * Two keys' results of an operator stage that are taken as agreeing without a recomputation.
 *
 * Not a verdict's tolerance: results further apart are recomputed against the operators' own
 * bounds, so that tight numbers cost time here and never an honest agent.
 */
export const AGREEMENT_TOLERANCE: RowTolerance = {
  relative: 4e-6,
  scaled: 4e-6,
  floor: 2 ** -126,
  reason:
    'Blocked f32 sums of some thousand terms differ between WASM and WebGPU by about 1e-6 of the ' +
    'row; subnormals may be flushed to zero. Whatever differs by more is recomputed.',
};
