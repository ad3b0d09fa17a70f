/** Operator set v1: what agents may be asked to run besides models. Governed; never code. */
export const OPERATORS = [
  'matmul', // f32 [m,k] x [k,n] -> f32 [m,n]
  'qmatmul', // u8 in 0..127 [m,k] x i8 [k,n] -> i32 [m,n], exact
  'add',
  'sub',
  'mul',
  'div',
  'max',
  'min', // f32 element-wise: same shape, or the second is [n] or [1,n] against [m,n], or a scalar
  'reduce-sum',
  'reduce-mean',
  'reduce-max', // f32 over one axis, which stays with size 1
  'relu',
  'tanh',
  'sigmoid',
  'exp',
  'log', // f32 element by element
  'transpose', // f32 [m,n] -> [n,m]
  'gelu', // f32 element by element, the tanh form of Hendrycks and Gimpel 2016, as GPT-2 has it
  'silu', // f32 element by element: x sigmoid(x)
  'softmax', // f32 [m,n] -> [m,n], each row
  'layer-norm', // f32 [m,n], gain [n], bias [n] -> [m,n], each row
  'rms-norm', // f32 [m,n], gain [n] -> [m,n], each row
  'argmax', // f32 [m,n] -> i32 [m]: the first column of each row's highest
  'gather', // table f32 [v,n], indices i32 [m] -> f32 [m,n]
  'rotary', // f32 [m,heads*dim], positions i32 [m], table f32 [p,dim] -> f32 [m,heads*dim]
  'attention', // q f32 [m,d], k [n,d], v [n,e], positions i32 [m] -> f32 [m,e], causal
  'top-k', // f32 [m,n], ranks i32 [k], 0 to k-1 -> i32 [m,k]: columns of each row's highest
  'qlinear', // qmatmul, + bias i32 [n], * multipliers i32 [n] / 2^shift, by a table -> u8 [m,n], exact
] as const;
export type OperatorName = (typeof OPERATORS)[number];

/**
 * What an agent can run: the operators, any ONNX model through ONNX Runtime, and audits of a log.
 *
 * New ones go to the end: their places are kept in snapshots.
 */
export const PRIMITIVES = [...OPERATORS, 'model.run', 'ledger.audit'] as const;
export type PrimitiveName = (typeof PRIMITIVES)[number];

/** One node of an operator graph. Names are tensors' names within the graph. */
export type OperatorNode = {
  readonly operator: OperatorName;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Only for reduce-*: the axis reduced, 0-based. */
  readonly axis?: number;
};

/** Where a primitive runs. 'native' is ONNX Runtime's CPU provider in Node. */
export const BACKENDS = ['webgpu', 'wasm', 'native'] as const;
export type BackendName = (typeof BACKENDS)[number];
