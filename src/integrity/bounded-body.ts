/**
 * A response's body, or null where it is larger than allowed; the rest is then not read.
 *
 * The server decides how much it sends, and when.
 */
export async function readBodyWithin(
  response: Response,
  bytesMax: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const pieces: Uint8Array[] = [];
  let byteLength = 0;
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read?.value !== undefined; read = await reader?.read()) {
    pieces.push(read.value);
    byteLength += read.value.byteLength;
    if (byteLength <= bytesMax) continue;
    await reader?.cancel();
    return null;
  }
  const bytes = new Uint8Array(byteLength);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}
