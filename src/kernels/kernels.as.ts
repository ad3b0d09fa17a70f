// The module that is compiled: all operators, once with relaxed SIMD and once without.
export { operandsStart } from './block-product.as';
export { matmul, matmulRows } from './matmul/matmul.as';
export { qmatmul, qmatmulRows, sumByPairs } from './qmatmul/qmatmul.as';
export { qlinear } from './qlinear/qlinear.as';
export { elementWise } from './element-wise/element-wise.as';
export { reduce } from './reduce/reduce.as';
export { unary } from './unary/unary.as';
export { softmax } from './softmax/softmax.as';
export { layerNorm } from './layer-norm/layer-norm.as';
export { rmsNorm } from './rms-norm/rms-norm.as';
export { argmax } from './argmax/argmax.as';
export { gather } from './gather/gather.as';
export { rotary } from './rotary/rotary.as';
export { attention } from './attention/attention.as';
export { topK } from './top-k/top-k.as';
export { transpose } from './transpose/transpose.as';
