const FLOAT = 1;

/** An ONNX file of one MatMul over float32: a [n, n], b [n, n] -> y [n, n]. */
export function matmulModel(): Uint8Array {
  const node = [...text(1, 'a'), ...text(1, 'b'), ...text(2, 'y'), ...text(4, 'MatMul')];
  const graph = [
    ...nested(1, node),
    ...text(2, 'product'),
    ...nested(11, squareMatrix('a')),
    ...nested(11, squareMatrix('b')),
    ...nested(12, squareMatrix('y')),
  ];
  const opset = [0x10, 17];
  return Uint8Array.from([0x08, 8, ...nested(7, graph), ...nested(8, opset)]);
}

function squareMatrix(name: string): number[] {
  const dimension = nested(1, text(2, 'n'));
  const shape = nested(2, [...dimension, ...dimension]);
  return [...text(1, name), ...nested(2, nested(1, [0x08, FLOAT, ...shape]))];
}

/** A protobuf field of bytes, which here are always fewer than 128. */
function nested(field: number, body: readonly number[]): number[] {
  return [(field << 3) | 2, body.length, ...body];
}

function text(field: number, value: string): number[] {
  return nested(field, [...new TextEncoder().encode(value)]);
}
