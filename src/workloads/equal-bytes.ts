/** Whether two arrays hold the same bytes. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.byteLength !== right.byteLength) return false;
  const wholes = left.byteOffset % 4 === 0 && right.byteOffset % 4 === 0;
  const count = wholes ? left.byteLength >>> 2 : 0;
  const [a, b] = [wordsOf(left, count), wordsOf(right, count)];
  for (let index = 0; index < count; index++) if (a[index] !== b[index]) return false;
  for (let index = 4 * count; index < left.byteLength; index++) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}

/** Four bytes at a time are four times as fast. */
function wordsOf({ buffer, byteOffset }: Uint8Array, count: number): Int32Array {
  return count === 0 ? new Int32Array() : new Int32Array(buffer, byteOffset, count);
}
