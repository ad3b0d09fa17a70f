import { failure } from '../../domain/failure.ts';
import { OPERATORS, type OperatorName } from '../../domain/operator.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { Kernels, OperatorCall } from '../../kernels/kernels.ts';
import { operatorOutput } from '../../kernels/operator-output.ts';

type Jax = typeof import('@jax-js/jax');
type JaxArray = InstanceType<Jax['Array']>;

/**
 * Opens jax-js behind the face of kernels, to compare with; its code comes only now.
 *
 * It computes in f32; each operator is a function that its `jit` compiles with the first call. On one
 * thread, as all that is compared: its own begin from blobs, which the page's policy refuses, and then
 * it would wait for them for ever. So this realm has no workers from here on.
 * Errors: backend_unsupported. Of `run`: operator_unsupported (not in f32, or none of its functions),
 * execution_failed.
 */
export async function openJaxKernels(backend: 'wasm' | 'webgpu'): Promise<Outcome<Kernels>> {
  try {
    Reflect.deleteProperty(globalThis, 'Worker');
    const jax = await import('@jax-js/jax');
    const opened = await jax.init(backend);
    if (!opened.includes(backend)) {
      return fail(failure('backend_unsupported', `jax-js has no ${backend} here: try another`));
    }
    jax.defaultDevice(backend);
    return succeed(kernelsOf(jax, backend));
  } catch (cause) {
    return fail(failure('backend_unsupported', `jax-js does not open: ${String(cause)}`));
  }
}

function kernelsOf(jax: Jax, backend: 'wasm' | 'webgpu'): Kernels {
  const compiled = new Map<string, (...inputs: JaxArray[]) => JaxArray>();
  return {
    backend,
    operators: new Set(OPERATORS),
    async run(call) {
      const output = operatorOutput(call);
      if (!output.ok) return output;
      const plain = functionOf(jax, call);
      const isFloat = call.inputs.every(({ dtype }) => dtype === 'float32');
      if (plain === null || !isFloat) {
        const text = `jax-js has no function that is "${call.operator}" in these types`;
        return fail(failure('operator_unsupported', `${text}: compare another`));
      }
      const name = `${call.operator} ${call.axis ?? ''}`;
      const run = compiled.get(name) ?? jax.jit(plain);
      compiled.set(name, run);
      try {
        const inputs = call.inputs.map(({ bytes, shape }) => {
          const numbers = new Float32Array(bytes.slice().buffer);
          return jax.numpy.array(numbers, { shape: [...shape] });
        });
        const numbers = await run(...inputs).data();
        const { buffer, byteOffset, byteLength } = numbers;
        return succeed({ ...output.value, bytes: new Uint8Array(buffer, byteOffset, byteLength) });
      } catch (cause) {
        return fail(failure('execution_failed', `jax-js failed: ${String(cause).slice(0, 200)}`));
      }
    },
    lost: new Promise(() => {}),
    close: () => {},
  };
}

/** An operator as a function of jax-js, which uses up its arguments; null where it has none. */
function functionOf(
  { numpy, nn }: Jax,
  { operator, axis = 0 }: Pick<OperatorCall, 'operator' | 'axis'>,
): ((...inputs: JaxArray[]) => JaxArray) | null {
  const two = (run: (x: JaxArray, y: JaxArray) => JaxArray) => {
    return (...[x, y]: JaxArray[]): JaxArray => run(given(x), given(y));
  };
  const one = (run: (x: JaxArray) => JaxArray) => {
    return (...[x]: JaxArray[]): JaxArray => run(given(x));
  };
  const functions: Partial<Record<OperatorName, (...inputs: JaxArray[]) => JaxArray>> = {
    matmul: two(numpy.matmul),
    add: two(numpy.add),
    sub: two(numpy.subtract),
    mul: two(numpy.multiply),
    div: two(numpy.trueDivide),
    max: two(numpy.maximum),
    min: two(numpy.minimum),
    relu: one(nn.relu),
    tanh: one(numpy.tanh),
    sigmoid: one(nn.sigmoid),
    exp: one(numpy.exp),
    log: one(numpy.log),
    gelu: one((x) => nn.gelu(x, { approximate: true })),
    silu: one(nn.silu),
    transpose: one((x) => numpy.transpose(x)),
    softmax: one((x) => nn.softmax(x, 1)),
    'reduce-sum': one((x) => numpy.sum(x, axis, { keepdims: true })),
    'reduce-mean': one((x) => numpy.mean(x, axis, { keepdims: true })),
    'reduce-max': one((x) => numpy.max(x, axis, { keepdims: true })),
  };
  return functions[operator] ?? null;
}

function given(x: JaxArray | undefined): JaxArray {
  if (x === undefined) throw new Error('an operand is missing');
  return x;
}
