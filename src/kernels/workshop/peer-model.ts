import type { OperatorName } from '../../domain/operator.ts';
import type { DType } from '../../domain/tensor.ts';
import type { OperatorCall } from '../kernels.ts';
import { onnxFile, type FileNode } from '../onnx-file.ts';
import type { TensorSignature } from '../operator-output.ts';

/** TensorProto.DataType. */
const TYPES: Readonly<Partial<Record<DType, number>>> = { float32: 1, uint8: 2, int8: 3, int32: 6 };

type Peer = { readonly nodes: readonly FileNode[]; readonly operatorSet: number };

/**
 * A model of the one operator of a call, for ONNX Runtime to run: inputs x0, x1, … and output y.
 *
 * Null where ONNX has no node, nor two, of the same meaning.
 */
export function peerModel(call: OperatorCall, output: TensorSignature): Uint8Array | null {
  const peer = peerOf(call);
  const inputs = call.inputs.flatMap(({ dtype, shape }, at) =>
    fileTensor(`x${at}`, { dtype, shape }),
  );
  const outputs = fileTensor('y', output);
  if (peer === null || inputs.length < call.inputs.length || outputs.length === 0) return null;
  return onnxFile({ ...peer, inputs, outputs });
}

function fileTensor(name: string, { dtype, shape }: TensorSignature) {
  const type = TYPES[dtype];
  return type === undefined ? [] : [{ name, type, shape }];
}

/** Nodes of the same meaning, epsilons and ways to round a gate included. */
function peerOf({ operator, axis = 0 }: Pick<OperatorCall, 'operator' | 'axis'>): Peer | null {
  const name = NAMES[operator];
  if (name !== undefined) {
    const attributes = ATTRIBUTES[operator];
    const inputs = Array.from({ length: INPUTS[operator] ?? 1 }, (_, at) => `x${at}`);
    const node = { operator: name, inputs, output: 'y', ...(attributes && { attributes }) };
    return { nodes: [node], operatorSet: 20 };
  }
  switch (operator) {
    case 'reduce-sum':
    case 'reduce-mean':
    case 'reduce-max': {
      const reduction = { 'reduce-sum': 'Sum', 'reduce-mean': 'Mean', 'reduce-max': 'Max' }[
        operator
      ];
      const attributes = { axes: [axis], keepdims: 1 };
      const node = { operator: `Reduce${reduction}`, inputs: ['x0'], output: 'y', attributes };
      // The last that has axes as an attribute for all three.
      return { nodes: [node], operatorSet: 12 };
    }
    case 'silu': {
      const gate = { operator: 'Sigmoid', inputs: ['x0'], output: 'gate' };
      const product = { operator: 'Mul', inputs: ['x0', 'gate'], output: 'y' };
      return { nodes: [gate, product], operatorSet: 20 };
    }
    case 'argmax': {
      const attributes = { axis: 1, keepdims: 0 };
      const place = { operator: 'ArgMax', inputs: ['x0'], output: 'place', attributes };
      const cast = { operator: 'Cast', inputs: ['place'], output: 'y', attributes: { to: 6 } };
      return { nodes: [place, cast], operatorSet: 20 };
    }
    case 'top-k': {
      const count = { operator: 'Shape', inputs: ['x1'], output: 'count' };
      const inputs = ['x0', 'count'];
      const top = { operator: 'TopK', inputs, output: ['values', 'places'] };
      const cast = { operator: 'Cast', inputs: ['places'], output: 'y', attributes: { to: 6 } };
      return { nodes: [count, top, cast], operatorSet: 20 };
    }
    default:
      return null;
  }
}

const NAMES: Readonly<Partial<Record<OperatorName, string>>> = {
  matmul: 'MatMul',
  qmatmul: 'MatMulInteger',
  add: 'Add',
  sub: 'Sub',
  mul: 'Mul',
  div: 'Div',
  max: 'Max',
  min: 'Min',
  relu: 'Relu',
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  exp: 'Exp',
  log: 'Log',
  gelu: 'Gelu',
  transpose: 'Transpose',
  softmax: 'Softmax',
  // Its epsilon is 1e-5 where none is given, as ours.
  'layer-norm': 'LayerNormalization',
  gather: 'Gather',
};

const INPUTS: Readonly<Partial<Record<OperatorName, number>>> = {
  matmul: 2,
  qmatmul: 2,
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  max: 2,
  min: 2,
  'layer-norm': 3,
  gather: 2,
};

const ATTRIBUTES: Readonly<Partial<Record<OperatorName, FileNode['attributes']>>> = {
  gelu: { approximate: 'tanh' },
  softmax: { axis: 1 },
  transpose: { perm: [1, 0] },
};
