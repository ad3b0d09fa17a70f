import { EXACT_INNER_MAX } from '../../domain/limits.ts';
import type { Shape, Tensor } from '../../domain/tensor.ts';
import type { OperatorDefinition } from '../operator-definition.ts';
import type { TensorSignature } from '../operator-output.ts';
import { productPlan } from '../product-plan.ts';
import { EXACT } from '../rounding.ts';
import { int32View } from '../tensor-view.ts';
import { qlinearCases } from './qlinear-cases.ts';
import { qlinearReference } from './qlinear-reference.ts';

/** Rows of the right matrix and its columns come in so many, so that no kernel has edges but rows. */
const [INNER_STEP, COLUMN_STEP] = [16, 8];
const BIAS_MAX = 2 ** 29;
/** With packed dot products, and without. */
const PACKED = { tiled: 'qlinearPacked', thin: 'qlinearThinPacked' } as const;
const PLAIN = { tiled: 'qlinearPlain', thin: 'qlinearThinPlain' } as const;

/**
 * A layer of a quantized model: qmatmul, and at once what follows it, in integers alone.
 *
 *     activation[clamp(round((x w + bias) multiplier / 2^(15 + shift)), -128, 127) + 128]
 *
 * Halves are rounded up. A column has its own bias and multiplier; one shift serves all. The table is
 * what comes of each rounded value: relu, gelu, or the value itself, moved to where the next layer
 * wants it. Exact: nothing wraps, every backend gives the same bits. docs/adr/0013 has the arithmetic.
 *
 * Shapes: x u8 in 0..127 [m,k], w i8 [k,n], bias i32 [n] in -2^29..2^29, multipliers i32 [n] in
 *   0..32767, shift i32 [1] in 1..31, activation u8 [256] -> u8 [m,n].
 * Limits: k is a multiple of 16 and n of 8, both at least that; k <= EXACT_INNER_MAX.
 * Errors: input_invalid for numbers outside these ranges.
 */
export const QLINEAR: OperatorDefinition = {
  needs:
    'needs uint8 x [m,k], int8 w [k,n], int32 bias [n], multipliers [n] and shift [1], and uint8 ' +
    `activation [256]; k a multiple of 16 up to ${EXACT_INNER_MAX}, n of 8`,
  output: (inputs) => {
    const [x, w, bias, multipliers, shift, activation] = inputs;
    const [m, k = 0] = x?.shape ?? [];
    const [, n = 0] = w?.shape ?? [];
    const fits =
      inputs.length === 6 &&
      m !== undefined &&
      is(x, { dtype: 'uint8', shape: [m, k] }) &&
      is(w, { dtype: 'int8', shape: [k, n] }) &&
      is(bias, { dtype: 'int32', shape: [n] }) &&
      is(multipliers, { dtype: 'int32', shape: [n] }) &&
      is(shift, { dtype: 'int32', shape: [1] }) &&
      is(activation, { dtype: 'uint8', shape: [256] });
    const isWhole = k % INNER_STEP === 0 && n % COLUMN_STEP === 0 && k > 0 && n > 0;
    return fits && isWhole && k <= EXACT_INNER_MAX ? { dtype: 'uint8', shape: [m, n] } : null;
  },
  invalid: ([, , bias, multipliers, shift]) =>
    outside(bias, { what: 'bias', low: -BIAS_MAX, high: BIAS_MAX }) ??
    outside(multipliers, { what: 'multiplier', low: 0, high: 32_767 }) ??
    outside(shift, { what: 'shift', low: 1, high: 31 }),
  reference: qlinearReference,
  cases: qlinearCases,
  tolerance: () => EXACT,
  wasmScratchBytes: (shapes) => {
    const { k, n } = sizesOf(shapes);
    return k * n;
  },
  wasm: (wasm, { shapes, inputs, output, scratch }) => {
    const { m, k, n } = sizesOf(shapes);
    const [x = 0, w = 0, bias = 0, multipliers = 0, shift = 0, activation = 0] = inputs;
    wasm.qlinear(x, w, bias, multipliers, shift, activation, output, m, k, n, scratch);
  },
  webgpu: (shapes, { packedDot, products }) => {
    // What is fast for qmatmul is so for this, which differs in what becomes of sums.
    const choice = products?.qmatmul ?? null;
    return productPlan(sizesOf(shapes), { ...(packedDot ? PACKED : PLAIN), choice });
  },
  rowInputs: [0],
  magnifiesErrors: false,
  operations: (shapes) => {
    const { m, k, n } = sizesOf(shapes);
    return 2 * m * k * n;
  },
};

function sizesOf([x = [], w = []]: readonly Shape[]): { m: number; k: number; n: number } {
  const [m = 0, k = 0] = x;
  return { m, k, n: w[1] ?? 0 };
}

function is(input: TensorSignature | undefined, { dtype, shape }: TensorSignature): boolean {
  return input?.dtype === dtype && input.shape.join() === shape.join();
}

/** What is wrong with numbers that a producer sends; null where nothing is. */
function outside(
  tensor: Tensor | undefined,
  { what, low, high }: { readonly what: string; readonly low: number; readonly high: number },
): string | null {
  const wrong = tensor && int32View(tensor).find((value) => value < low || value > high);
  return wrong === undefined ? null : `${what} ${wrong} is outside ${low} to ${high}`;
}
