import wasmUrl from 'quickjs-wasi/quickjs.wasm?url';
import { failure } from '../../domain/failure.ts';
import { fail, type Outcome } from '../../domain/outcome.ts';
import { openEngine, type Engine } from '../engine.ts';

/** The engine as the page's server has it. Errors: "unavailable" | "bytes_mismatch". */
export async function openServedEngine(): Promise<Outcome<Engine>> {
  try {
    const response = await fetch(wasmUrl);
    if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
    return await openEngine(new Uint8Array(await response.arrayBuffer()));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const text = `the engine of functions cannot be fetched (${why})`;
    return fail(failure('unavailable', `${text}. Check your connection and try again.`));
  }
}
