/** Addresses and sizes of a product a[m,k] x b[k,n] of which a slab of b is there, see `multiply`. */
type SlabProduct = (
  a: number,
  b: number,
  c: number,
  m: number,
  k: number,
  n: number,
  depth: number,
  depths: number,
) => void;

/** What `kernels.as.ts` exports; all numbers are byte addresses, sizes or operation numbers. */
export type WasmExports = {
  readonly memory: WebAssembly.Memory;
  operandsStart(): number;
  readonly matmul: SlabProduct;
  matmulRows(
    a: number,
    b: number,
    c: number,
    partial: number,
    m: number,
    k: number,
    n: number,
    depth: number,
    depths: number,
  ): void;
  readonly qmatmul: SlabProduct;
  readonly qmatmulRows: SlabProduct;
  sumByPairs(chosen: number): void;
  qlinear(
    x: number,
    w: number,
    bias: number,
    multipliers: number,
    shift: number,
    activation: number,
    out: number,
    m: number,
    k: number,
    n: number,
    packed: number,
  ): void;
  elementWise(
    operation: number,
    a: number,
    b: number,
    out: number,
    rows: number,
    columns: number,
    step: number,
  ): void;
  reduce(
    operation: number,
    from: number,
    out: number,
    outer: number,
    count: number,
    inner: number,
  ): void;
  unary(operation: number, from: number, out: number, count: number): void;
  transpose(from: number, out: number, m: number, n: number): void;
  softmax(from: number, out: number, rows: number, columns: number): void;
  layerNorm(
    x: number,
    gain: number,
    bias: number,
    out: number,
    rows: number,
    columns: number,
  ): void;
  argmax(from: number, out: number, rows: number, columns: number): void;
  topK(from: number, out: number, rows: number, columns: number, count: number): void;
  gather(from: number, by: number, out: number, rows: number, columns: number): void;
  rotary(
    x: number,
    positions: number,
    table: number,
    out: number,
    rows: number,
    columns: number,
    dim: number,
  ): void;
  attention(
    q: number,
    k: number,
    v: number,
    positions: number,
    out: number,
    rows: number,
    depth: number,
    width: number,
    scale: number,
  ): void;
  rmsNorm(x: number, gain: number, out: number, rows: number, columns: number): void;
};
