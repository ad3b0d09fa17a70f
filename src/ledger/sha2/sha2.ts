import * as portable from '@noble/hashes/sha2.js';
import { SHA256_WASM, SHA384_WASM } from '../gen/sha2.ts';
import { decodeBase64 } from '../notes/base64.ts';

/** The hash of bytes, and perhaps others right behind them. */
export type Hash = (bytes: Uint8Array, behind?: Uint8Array) => Uint8Array;

type HashExports = {
  readonly memory: WebAssembly.Memory;
  memoryStart(): number;
  hash(from: number, byteLength: number, to: number): void;
};

const PAGE_BYTES = 65_536;
const NOTHING = new Uint8Array();

/** In JavaScript: several times as slow as by WASM. */
export const sha256InJavaScript = inJavaScript(portable.sha256);
export const sha384InJavaScript = inJavaScript(portable.sha384);

/** By WASM; in JavaScript where a page that uses our code forbids that. */
export const sha256 = openHash(SHA256_WASM, 32) ?? sha256InJavaScript;
export const sha384 = openHash(SHA384_WASM, 48) ?? sha384InJavaScript;

function inJavaScript({ create }: typeof portable.sha256 | typeof portable.sha384): Hash {
  return (bytes, behind = NOTHING) => create().update(bytes).update(behind).digest();
}

function openHash(base64: string, hashBytes: number): Hash | null {
  let wasm: HashExports;
  try {
    const module = new WebAssembly.Module(new Uint8Array(decodeBase64(base64) ?? []));
    // Compiled from sha256.as.ts or sha384.as.ts, whose exports the type repeats.
    wasm = new WebAssembly.Instance(module).exports as HashExports;
  } catch {
    return null;
  }
  const hashAt = wasm.memoryStart();
  const inputAt = hashAt + hashBytes;
  let memory = new Uint8Array(wasm.memory.buffer);
  return (bytes, behind = NOTHING) => {
    const byteLength = bytes.byteLength + behind.byteLength;
    const lacking = inputAt + byteLength - memory.byteLength;
    if (lacking > 0) {
      wasm.memory.grow(Math.ceil(lacking / PAGE_BYTES));
      memory = new Uint8Array(wasm.memory.buffer);
    }
    memory.set(bytes, inputAt);
    if (behind.byteLength > 0) memory.set(behind, inputAt + bytes.byteLength);
    wasm.hash(inputAt, byteLength, hashAt);
    return memory.slice(hashAt, inputAt);
  };
}
