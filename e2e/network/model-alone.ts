import * as ort from 'onnxruntime-node';

/**
 * What one machine computes alone: the model over each row, by onnxruntime-node and nothing of
 * ours. Rows are cast from unsigned bytes to float32. Gives each output's rows, one behind the
 * other.
 */
export async function modelAlone(
  path: string,
  input: { readonly name: string; readonly shape: readonly number[]; readonly bytes: Uint8Array },
): Promise<Map<string, Float32Array>> {
  const session = await ort.InferenceSession.create(path, { intraOpNumThreads: 1 });
  const { bytes, shape } = input;
  const rowShape = [1, ...shape.slice(1)];
  const rowLength = rowShape.reduce((product, size) => product * size, 1);
  const rows = bytes.length / rowLength;
  const outputs = new Map<string, Float32Array>();
  for (let row = 0; row < rows; row++) {
    const values = Float32Array.from(bytes.subarray(row * rowLength, (row + 1) * rowLength));
    const results = await session.run({
      [input.name]: new ort.Tensor('float32', values, rowShape),
    });
    for (const [name, tensor] of Object.entries(results)) {
      if (!(tensor.data instanceof Float32Array)) throw new Error(`${name} is ${tensor.type}`);
      const all = outputs.get(name) ?? new Float32Array(tensor.data.length * rows);
      all.set(tensor.data, row * tensor.data.length);
      outputs.set(name, all);
    }
  }
  await session.release();
  return outputs;
}
