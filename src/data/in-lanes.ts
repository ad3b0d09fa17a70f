import { succeed, type Failed, type Outcome } from '../domain/outcome.ts';
import type { Abortable } from './block-store.ts';

/**
 * Runs something for every item, so many at a time.
 *
 * The first failure is the outcome: it aborts the others, and all have ended when this returns.
 */
export async function inLanes<Item>(
  items: readonly Item[],
  options: Abortable & { readonly lanes: number },
  run: (item: Item, signal: AbortSignal) => Promise<Outcome<void>>,
): Promise<Outcome<void>> {
  const stop = new AbortController();
  const signal =
    options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  let next = 0;
  let failed: Failed | null = null;
  const lane = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined && failed === null; item = items[next++]) {
      const outcome = await run(item, signal);
      if (outcome.ok || failed !== null) continue;
      failed = outcome;
      stop.abort();
    }
  };
  const lanes = Math.min(options.lanes, items.length);
  await Promise.all(Array.from({ length: lanes }, lane));
  return failed ?? succeed(undefined);
}
