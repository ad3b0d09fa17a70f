import type { InferenceSession } from 'onnxruntime-web';
import { failure } from '../../domain/failure.ts';
import { TRACE_INPUT_BYTES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { randomStream } from '../../domain/random.ts';
import { tensorBytes, type Tensor } from '../../domain/tensor.ts';
import { dtypeOf } from '../model-tensor.ts';
import { randomFloat32 } from '../operator-case.ts';

/** Inputs that fit a model. */
export type ModelInputs = {
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly dimensions: ReadonlyMap<string, number>;
};

/**
 * Makes inputs of the shapes that a model declares: random numbers in float32, zeros in other types,
 * because whole numbers are mostly indices, of which 0 is there.
 *
 * A dimension that is left open is 1, or what `wanted` says of its name; one without a name is called
 * by its place, such as "x[0]".
 *
 * Errors: config_invalid (`wanted` names a dimension that is not open), limit_exceeded.
 */
export function modelInputs(
  metadata: readonly InferenceSession.ValueMetadata[],
  wanted: ReadonlyMap<string, number>,
): Outcome<ModelInputs> {
  const random = randomStream(1, 'inputs of a model');
  const inputs = new Map<string, Tensor>();
  const dimensions = new Map<string, number>();
  let bytes = 0;
  for (const value of metadata) {
    const dtype = value.isTensor ? dtypeOf(value.type) : null;
    // Sessions with other inputs do not open.
    if (!value.isTensor || dtype === null) continue;
    const shape = value.shape.map((size, axis) => {
      if (typeof size === 'number' && size > 0) return size;
      const name = typeof size === 'string' && size !== '' ? size : `${value.name}[${axis}]`;
      const chosen = wanted.get(name) ?? 1;
      dimensions.set(name, chosen);
      return chosen;
    });
    bytes += tensorBytes({ dtype, shape });
    if (bytes > TRACE_INPUT_BYTES_MAX) {
      const text = `the inputs would take more than ${TRACE_INPUT_BYTES_MAX} bytes`;
      return fail(failure('limit_exceeded', `${text}: choose smaller dimensions`));
    }
    inputs.set(value.name, filled({ dtype, shape }, random));
  }
  const unknown = [...wanted.keys()].find((name) => !dimensions.has(name));
  if (unknown === undefined) return succeed({ inputs, dimensions });
  const open = [...dimensions.keys()].join(', ') || 'none';
  return fail(failure('config_invalid', `"${unknown}" is no open dimension: those are ${open}`));
}

function filled(
  { dtype, shape }: Omit<Tensor, 'bytes'>,
  random: ReturnType<typeof randomStream>,
): Tensor {
  if (dtype === 'float32') return randomFloat32(random, { shape });
  return { dtype, shape, bytes: new Uint8Array(tensorBytes({ dtype, shape })) };
}
