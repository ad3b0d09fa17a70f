import { certain } from '../../network/client.ts';
import type { OperatorName } from '../../../src/domain/operator.ts';
import type { RowRange, Tensor } from '../../../src/domain/tensor.ts';
import type { StageWork } from '../../../src/domain/work.ts';
import {
  openNodeModelRunner,
  openWebModelRunner,
  type Kernels,
  type ModelSession,
  type OperatorCall,
} from '../../../src/kernels/index.ts';
import { openWasmBuild } from '../../../src/kernels/wasm-kernels.ts';
import { executeTask, taskInputs, type TensorReader } from '../../../src/workloads/index.ts';

/** One kind of honest device: kernels and a model's session, each with rounding of its own. */
export type HonestDevice = {
  readonly name: string;
  readonly kernels: Kernels;
  readonly session: ModelSession | null;
};

/** Devices that round differently: both builds of the WASM kernels, and sums in another order. */
export async function honestDevices(model: Uint8Array | null): Promise<readonly HonestDevice[]> {
  const relaxed = certain(await openWasmBuild('relaxed'));
  const plain = certain(await openWasmBuild('plain'));
  const native = model && certain(await certain(await nativeRunner()).load(model));
  const web = model && certain(await certain(await webRunner()).load(model));
  return [
    { name: 'WASM with relaxed SIMD', kernels: relaxed, session: web },
    { name: 'WASM with plain SIMD', kernels: plain, session: native },
    { name: 'f32 in another order of summation', kernels: backwards(plain), session: web },
  ];
}

/** An agent may be stopped, and so runs models in parts. */
const NEVER = { aborted: false };

/** Computes one task as an agent does, from its slices alone. */
export async function computeTask(
  device: Pick<HonestDevice, 'kernels' | 'session'>,
  task: { readonly work: StageWork; readonly rows: RowRange; readonly read: TensorReader },
): Promise<readonly Tensor[]> {
  const { work, rows, read } = task;
  const inputs = new Map<string, Tensor>();
  for (const { name, ref } of taskInputs(work, rows)) inputs.set(name, certain(await read(ref)));
  const kernelsFor = (): Kernels => device.kernels;
  const by = { kernelsFor, session: device.session, signal: NEVER };
  return certain(await executeTask({ work, rows, inputs, ...by }));
}

const nativeRunner = () => openNodeModelRunner({ threads: 1 });
const webRunner = () => openWebModelRunner({ backend: 'wasm', wasmPaths: null });

const SUMS: ReadonlySet<OperatorName> = new Set(['matmul', 'reduce-sum', 'reduce-mean']);

/** The same kernels, with what is summed along rows in the opposite order. */
function backwards(kernels: Kernels): Kernels {
  return {
    backend: kernels.backend,
    operators: kernels.operators,
    lost: kernels.lost,
    close: () => kernels.close(),
    run: (call) => kernels.run(SUMS.has(call.operator) ? reversed(call) : call),
  };
}

function reversed(call: OperatorCall): OperatorCall {
  const [left, right] = call.inputs;
  if (left === undefined || (call.axis ?? 1) !== 1) return call;
  if (right === undefined) return { ...call, inputs: [columnsReversed(left)] };
  return { ...call, inputs: [columnsReversed(left), rowsReversed(right)] };
}

function columnsReversed(matrix: Tensor): Tensor {
  const values = new Float32Array(matrix.bytes.slice().buffer);
  const columns = matrix.shape[1] ?? 1;
  for (let at = 0; at < values.length; at += columns) values.subarray(at, at + columns).reverse();
  return { ...matrix, bytes: new Uint8Array(values.buffer) };
}

function rowsReversed(matrix: Tensor): Tensor {
  const columns = matrix.shape[1] ?? 1;
  const values = new Float32Array(matrix.bytes.slice().buffer).reverse();
  for (let at = 0; at < values.length; at += columns) values.subarray(at, at + columns).reverse();
  return { ...matrix, bytes: new Uint8Array(values.buffer) };
}
