import * as portable from '@noble/hashes/sha2.js';
import { digestOf } from '../integrity/index.ts';

// Node hashes at once and fast. A page has only WebCrypto, each of whose calls is a trip to
// another thread: it pays from here on, and below it our own code is faster. Bytes.
const PLATFORM_BYTES_MIN = 2_048;
const node = typeof process === 'undefined' ? null : process.getBuiltinModule('node:crypto');

/** SHA-256 of few bytes, such as a node of a tree. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return node === null ? portable.sha256(bytes) : plain(node.hash('sha256', bytes, 'buffer'));
}

/** SHA-256 of however many bytes. */
export async function sha256Of(bytes: Uint8Array): Promise<Uint8Array> {
  const isQuick = node !== null || bytes.byteLength < PLATFORM_BYTES_MIN;
  return isQuick ? sha256(bytes) : digestOf(bytes);
}

/** The same bytes without what Node's own kind of array adds. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
