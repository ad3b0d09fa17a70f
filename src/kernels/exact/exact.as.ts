// The module of an exact GPT: its weights stay in this memory.
export { norm } from './norm/norm.as';
export { pack, product, sumWholeDots } from './product/product.as';
export { attend, remember } from './attention/attention.as';

/** Where memory is free. */
export function freeStart(): usize {
  return (__heap_base + 63) & ~63;
}
