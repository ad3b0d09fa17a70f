// The module that checks are compiled to, apart from the operators: who only computes does not
// load it.
export { projectBytes, projectWords } from './exact-projection.as';
export { addColumnSizes, projectFloats } from './float-projection.as';

/** Where memory is free. */
export function projectionStart(): usize {
  return (__heap_base + 63) & ~63;
}
