import * as portable from '@noble/hashes/sha2.js';
import { SHA2_WASM } from '../gen/sha2.ts';
import { decodeBase64 } from '../notes/base64.ts';

/** The hash of bytes, and perhaps others right behind them. */
export type Hash = (bytes: Uint8Array, behind?: Uint8Array) => Uint8Array;

type Sha2Exports = {
  readonly memory: WebAssembly.Memory;
  memoryStart(): number;
  sha256(from: number, byteLength: number, to: number): void;
  sha384(from: number, byteLength: number, to: number): void;
};

const PAGE_BYTES = 65_536;
const NOTHING = new Uint8Array();

/** In JavaScript: several times as slow as by WASM. */
export const sha256InJavaScript = inJavaScript(portable.sha256);
export const sha384InJavaScript = inJavaScript(portable.sha384);

const wasm = openWasm();

/** By WASM; in JavaScript where a page that uses our code forbids that. */
export const sha256 = wasm === null ? sha256InJavaScript : inWasm(wasm, 'sha256', 32);
export const sha384 = wasm === null ? sha384InJavaScript : inWasm(wasm, 'sha384', 48);

function inJavaScript({ create }: typeof portable.sha256 | typeof portable.sha384): Hash {
  return (bytes, behind = NOTHING) => create().update(bytes).update(behind).digest();
}

function openWasm(): Sha2Exports | null {
  try {
    const module = new WebAssembly.Module(new Uint8Array(decodeBase64(SHA2_WASM) ?? []));
    // Compiled from sha2.as.ts, whose exports the type repeats.
    return new WebAssembly.Instance(module).exports as Sha2Exports;
  } catch {
    return null;
  }
}

function inWasm(of: Sha2Exports, name: 'sha256' | 'sha384', hashBytes: number): Hash {
  const hashAt = of.memoryStart();
  const inputAt = hashAt + hashBytes;
  let memory = new Uint8Array(of.memory.buffer);
  return (bytes, behind = NOTHING) => {
    const byteLength = bytes.byteLength + behind.byteLength;
    // Grown here or for the other hash.
    if (memory.byteLength === 0) memory = new Uint8Array(of.memory.buffer);
    const lacking = inputAt + byteLength - memory.byteLength;
    if (lacking > 0) {
      of.memory.grow(Math.ceil(lacking / PAGE_BYTES));
      memory = new Uint8Array(of.memory.buffer);
    }
    memory.set(bytes, inputAt);
    if (behind.byteLength > 0) memory.set(behind, inputAt + bytes.byteLength);
    of[name](inputAt, byteLength, hashAt);
    return memory.slice(hashAt, inputAt);
  };
}
