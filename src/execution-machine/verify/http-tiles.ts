import { failure } from '../../domain/failure.ts';
import { TILE_FETCH_MS, TILE_FETCH_TRIES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Failed, type Outcome } from '../../domain/outcome.ts';
import { pause, readBodyWithin } from '../../integrity/index.ts';
import type { TileReader } from '../../ledger/index.ts';

/** One try's end, and whether the same request may yet succeed. */
type Try = Outcome<Uint8Array> & { readonly again?: boolean };

// The first wait before another try; each next one is twice as long. Milliseconds.
const BACKOFF_MS = 200;

/**
 * The files of a log below a URL, such as `https://example.org/record/`.
 *
 * Nothing that the server says is believed here or later: no more is read than the file may have.
 * Tries again while the server cannot be reached or is overloaded, at most TILE_FETCH_TRIES_MAX
 * times of TILE_FETCH_MS. Errors: those of `TileReader`, "unavailable" | "timeout" | "canceled".
 */
export function httpTiles(prefix: string, signal?: AbortSignal): TileReader {
  const base = prefix.endsWith('/') ? prefix : `${prefix}/`;
  return {
    async read(path, bytesMax) {
      const url = new URL(path, base);
      for (let count = 1; ; count++) {
        const tried = await fetchOnce(url, { bytesMax, signal });
        if (tried.ok || tried.again !== true || count === TILE_FETCH_TRIES_MAX) return tried;
        await pause(BACKOFF_MS * 2 ** (count - 1), signal);
      }
    },
  };
}

async function fetchOnce(
  url: URL,
  of: { readonly bytesMax: number; readonly signal: AbortSignal | undefined },
): Promise<Try> {
  const tooLong = AbortSignal.timeout(TILE_FETCH_MS);
  try {
    const response = await fetch(url, {
      credentials: 'omit',
      signal: of.signal === undefined ? tooLong : AbortSignal.any([of.signal, tooLong]),
    });
    if (response.status === 200) {
      const bytes = await readBodyWithin(response, of.bytesMax);
      if (bytes !== null) return succeed(bytes);
      const text = `${url.href} has more than ${of.bytesMax} bytes`;
      return fail(failure('limit_exceeded', `${text}. Read it from another place.`));
    }
    await response.body?.cancel();
    if (response.status === 404 || response.status === 410) {
      return fail(failure('tile_unknown', `there is no ${url.href}. Check the address.`));
    }
    const again = response.status >= 500 || response.status === 429;
    return { ...unavailable(url, `answered with status ${response.status}`), again };
  } catch (cause) {
    // fetch and body readers throw for every network fault, and for an abort.
    if (of.signal?.aborted === true) {
      return fail(failure('canceled', `Reading ${url.href} was canceled.`));
    }
    if (tooLong.aborted) {
      const text = `${url.origin} did not send ${url.pathname} within ${TILE_FETCH_MS} ms`;
      return { ...fail(failure('timeout', `${text}. Try again later.`)), again: true };
    }
    const detail = cause instanceof Error ? cause.message : String(cause);
    return { ...unavailable(url, `cannot be reached (${detail})`), again: true };
  }
}

function unavailable(url: URL, why: string): Failed {
  const text = `${url.origin} ${why} when asked for ${url.pathname}`;
  return fail(failure('unavailable', `${text}. Check the address, or try again later.`));
}
