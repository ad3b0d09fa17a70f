import * as portable from '@noble/hashes/sha2.js';
import { SHA384_WASM } from '../gen/sha384.ts';
import { decodeBase64 } from '../notes/base64.ts';

/** SHA-384 of bytes, and perhaps others right behind them. */
export type Sha384 = (bytes: Uint8Array, behind?: Uint8Array) => Uint8Array;

type Sha384Exports = {
  readonly memory: WebAssembly.Memory;
  memoryStart(): number;
  sha384(from: number, byteLength: number, to: number): void;
};

const HASH_BYTES = 48;
const PAGE_BYTES = 65_536;
const NOTHING = new Uint8Array();

/** By WASM; in JavaScript where a page that uses our code forbids that. */
export const sha384: Sha384 = openSha384() ?? sha384InJavaScript;

/** The same several times as slow. */
export function sha384InJavaScript(bytes: Uint8Array, behind: Uint8Array = NOTHING): Uint8Array {
  return portable.sha384.create().update(bytes).update(behind).digest();
}

function openSha384(): Sha384 | null {
  let wasm: Sha384Exports;
  try {
    const module = new WebAssembly.Module(new Uint8Array(decodeBase64(SHA384_WASM) ?? []));
    // Compiled from sha384.as.ts, whose exports the type repeats.
    wasm = new WebAssembly.Instance(module).exports as Sha384Exports;
  } catch {
    return null;
  }
  const hashAt = wasm.memoryStart();
  const inputAt = hashAt + HASH_BYTES;
  let memory = new Uint8Array(wasm.memory.buffer);
  return (bytes, behind = NOTHING) => {
    const byteLength = bytes.byteLength + behind.byteLength;
    const lacking = inputAt + byteLength - memory.byteLength;
    if (lacking > 0) {
      wasm.memory.grow(Math.ceil(lacking / PAGE_BYTES));
      memory = new Uint8Array(wasm.memory.buffer);
    }
    memory.set(bytes, inputAt);
    memory.set(behind, inputAt + bytes.byteLength);
    wasm.sha384(inputAt, byteLength, hashAt);
    return memory.slice(hashAt, inputAt);
  };
}
