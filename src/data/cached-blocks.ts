import type { ContentId } from '../domain/ids.ts';
import type { Outcome } from '../domain/outcome.ts';
import { untilAborted } from './abortable-wait.ts';
import { canceled } from './block-failure.ts';
import type { BlockCache, BlockSource } from './block-store.ts';

type Flight = {
  readonly outcome: Promise<Outcome<Uint8Array>>;
  readonly stop: AbortController;
  waiting: number;
};

/**
 * A source behind a cache.
 *
 * Gets of one id at the same time share one fetch, which is aborted when the last of them gives
 * up. What the source has verified is not verified again. A cache that is full, broken or damaged costs time and nothing else: the source answers.
 */
export function cachedBlocks(options: {
  readonly cache: BlockCache;
  readonly source: BlockSource;
}): BlockSource {
  const { cache, source } = options;
  const flights = new Map<ContentId, Flight>();

  const load = async (id: ContentId, signal: AbortSignal): Promise<Outcome<Uint8Array>> => {
    const held = await cache.get(id, { signal });
    if (held.ok) return held;
    const fetched = await source.get(id, { signal });
    if (fetched.ok) await cache.keep(id, fetched.value);
    return fetched;
  };

  const join = (id: ContentId): Flight => {
    const present = flights.get(id);
    if (present !== undefined) return present;
    const stop = new AbortController();
    const flight = { outcome: load(id, stop.signal), stop, waiting: 0 };
    flights.set(id, flight);
    return flight;
  };

  const leave = (id: ContentId, flight: Flight): void => {
    flight.waiting -= 1;
    if (flight.waiting > 0) return;
    flight.stop.abort();
    if (flights.get(id) === flight) flights.delete(id);
  };

  return {
    async get(id, { signal } = {}) {
      if (signal?.aborted === true) return canceled(`reading block ${id}`);
      const flight = join(id);
      flight.waiting += 1;
      try {
        return (await untilAborted(flight.outcome, signal)) ?? canceled(`reading block ${id}`);
      } finally {
        leave(id, flight);
      }
    },
  };
}
