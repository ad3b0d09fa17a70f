import type { Tensor } from '../../../src/domain/tensor.ts';
import type { TaskOutput } from '../../../src/domain/work.ts';

/** Tensors as a report carries them. */
export function inlineOutput(tensors: readonly Tensor[]): TaskOutput {
  return tensors.map(({ dtype, shape, bytes }) => {
    return { dtype, shape, source: { kind: 'inline', bytes } };
  });
}

/** The tensors that such a report carries. */
export function tensorsOf(output: TaskOutput): readonly Tensor[] {
  return output.map(({ dtype, shape, source }) => {
    if (source.kind !== 'inline') throw new Error('results are inline here');
    return { dtype, shape, bytes: source.bytes };
  });
}
