import { failure } from '../domain/failure.ts';
import type { ContentId } from '../domain/ids.ts';
import { BLOCK_FETCH_MS, BLOCK_FETCH_TRIES_MAX } from '../domain/limits.ts';
import { fail, succeed, type Failed, type Outcome } from '../domain/outcome.ts';
import { blockBytesMax, pause, readBodyWithin, verifyBlock } from '../integrity/index.ts';
import { blockUnknown, canceled } from './block-failure.ts';
import type { BlockSource } from './block-store.ts';

/** One try's failure, and whether the same request may yet succeed. */
type Miss = { readonly ok: false; readonly failed: Failed; readonly again: boolean };
type Try = { readonly ok: true; readonly bytes: Uint8Array } | Miss;

// The first wait before another try; each next one is twice as long. Milliseconds.
const BACKOFF_MS = 100;

/**
 * Blocks of a trustless gateway: GET `<origin>/ipfs/<id>`, raw.
 *
 * Nothing that the server says is trusted: no more is read than a block may hold, and the bytes
 * must hash to the id. Tries again while the server cannot be reached or is overloaded.
 * `tryMs` bounds one try.
 */
export function httpBlocks(options: {
  readonly origin: string;
  readonly tryMs?: number;
}): BlockSource {
  const tryMs = options.tryMs ?? BLOCK_FETCH_MS;
  return {
    async get(id, { signal } = {}) {
      for (let count = 1; ; count++) {
        if (signal?.aborted === true) return canceled(`fetching block ${id}`);
        const url = new URL(`/ipfs/${id}`, options.origin);
        const tried = await fetchOnce({ id, url, tryMs, signal });
        if (tried.ok) return verified(id, tried.bytes);
        if (!tried.again || count === BLOCK_FETCH_TRIES_MAX) return tried.failed;
        await pause(BACKOFF_MS * 2 ** (count - 1), signal);
      }
    },
  };
}

async function verified(id: ContentId, bytes: Uint8Array): Promise<Outcome<Uint8Array>> {
  const outcome = await verifyBlock(id, bytes);
  return outcome.ok ? succeed(bytes) : outcome;
}

type Request = {
  readonly id: ContentId;
  readonly url: URL;
  readonly tryMs: number;
  readonly signal: AbortSignal | undefined;
};

async function fetchOnce(request: Request): Promise<Try> {
  const { id, url, tryMs, signal } = request;
  const tooLong = AbortSignal.timeout(tryMs);
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/vnd.ipld.raw' },
      // Blocks are cached where they are verified; the browser's own cache might keep bad bytes.
      cache: 'no-store',
      credentials: 'omit',
      signal: signal === undefined ? tooLong : AbortSignal.any([signal, tooLong]),
    });
    if (response.status === 200) return await readBody(request, response);
    await response.body?.cancel();
    return missOfStatus(request, response.status);
  } catch (cause) {
    // fetch and body readers throw for every network fault, and for an abort.
    if (signal?.aborted === true) {
      return { ok: false, failed: canceled(`fetching block ${id}`), again: false };
    }
    if (tooLong.aborted) {
      const text = `${url.origin} did not send block ${id} within ${tryMs} ms`;
      const failed = fail(failure('timeout', `${text}. Try again later.`));
      return { ok: false, failed, again: true };
    }
    const detail = cause instanceof Error ? cause.message : String(cause);
    return unavailable(request, { detail: `cannot be reached (${detail})`, again: true });
  }
}

function missOfStatus(request: Request, status: number): Miss {
  if (status === 404 || status === 410) {
    const failed = blockUnknown(request.id, `at ${request.url.origin}`);
    return { ok: false, failed, again: false };
  }
  const again = status >= 500 || status === 429 || status === 408;
  return unavailable(request, { detail: `answered with status ${status}`, again });
}

function unavailable(request: Request, why: { detail: string; again: boolean }): Miss {
  const text = `${request.url.origin} ${why.detail} when asked for block ${request.id}`;
  const failed = fail(failure('unavailable', `${text}. Check the address, or try again later.`));
  return { ok: false, failed, again: why.again };
}

/** Reads at most what a block may hold. */
async function readBody({ id, url }: Request, response: Response): Promise<Try> {
  const bytesMax = blockBytesMax(id);
  const bytes = await readBodyWithin(response, bytesMax);
  if (bytes !== null) return { ok: true, bytes };
  const text = `${url.origin} sent more than ${bytesMax} bytes for block ${id}`;
  const failed = fail(failure('limit_exceeded', `${text}. Use another server.`));
  return { ok: false, failed, again: false };
}
