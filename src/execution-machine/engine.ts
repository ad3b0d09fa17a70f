import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { failure } from '../domain/failure.ts';
import {
  COMPILER_STACK_BYTES_MAX,
  FUNCTION_DATA_DEPTH_MAX,
  FUNCTION_GAS_MAX,
  FUNCTION_KEY_CHARS_MAX,
  FUNCTION_LISTED_MAX,
  FUNCTION_MEMORY_BYTES_MAX,
  FUNCTION_MESSAGE_CHARS_MAX,
  FUNCTION_RESULT_BYTES_MAX,
  FUNCTION_STACK_BYTES_MAX,
  FUNCTION_STATE_BYTES_MAX,
  FUNCTION_VALUE_BYTES_MAX,
  FUNCTION_WRITES_MAX,
  GUEST_RESERVE_WORDS,
} from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { sha256 } from '../ledger/hashing.ts';
import { contentIdOf } from './function-id.ts';
import { PRELUDE } from './gen/prelude.ts';

/** sha-256 of quickjs-wasi 3.7.0's quickjs.wasm: the one engine that functions run in. */
const WASM_SHA256 = 'c0bd8f296e18cf074969f6401b9ecb72609a1323818ec2b9bf7a8f8d740d1363';

/** What the prelude holds functions to; part of the engine's id, since it decides outcomes. */
export const PRELUDE_LIMITS = {
  keyChars: FUNCTION_KEY_CHARS_MAX,
  valueBytes: FUNCTION_VALUE_BYTES_MAX,
  resultBytes: FUNCTION_RESULT_BYTES_MAX,
  depth: FUNCTION_DATA_DEPTH_MAX,
  writes: FUNCTION_WRITES_MAX,
  listed: FUNCTION_LISTED_MAX,
  stateBytes: FUNCTION_STATE_BYTES_MAX,
  messageChars: FUNCTION_MESSAGE_CHARS_MAX,
  reserve: GUEST_RESERVE_WORDS,
} as const;

/** Names all that decides what an action comes to: the WASM, the prelude and the limits. */
export const ENGINE_ID = contentIdOf({
  wasm: WASM_SHA256,
  prelude: bytesToHex(sha256(utf8ToBytes(PRELUDE))),
  limits: PRELUDE_LIMITS,
  gas: FUNCTION_GAS_MAX,
  memory: FUNCTION_MEMORY_BYTES_MAX,
  stack: FUNCTION_STACK_BYTES_MAX,
  compilerStack: COMPILER_STACK_BYTES_MAX,
});

/** The engine, compiled and known to be the pinned one. */
export type Engine = { readonly id: string; readonly module: WebAssembly.Module };

/**
 * Compiles the engine from the bytes of quickjs.wasm.
 *
 * The bytes come from a disk or a server: others than the pinned ones are refused, because they
 * could decide differently. Errors: "bytes_mismatch".
 */
export async function openEngine(wasm: Uint8Array<ArrayBuffer>): Promise<Outcome<Engine>> {
  const found = bytesToHex(sha256(wasm));
  if (found !== WASM_SHA256) {
    const text = `the engine's bytes hash to ${found}, not to the pinned ${WASM_SHA256}`;
    return fail(failure('bytes_mismatch', `${text}. Install the package anew.`));
  }
  return succeed({ id: ENGINE_ID, module: await WebAssembly.compile(wasm) });
}
