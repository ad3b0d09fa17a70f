// Arweave, by the HTTP of its gateways and bundlers:
//
//   POST <bundler>                a data item; the bundler pays, and brings it into a block
//   GET  <bundler>/<id>/status    whether it took the item
//   POST <gateway>/graphql        whether a block has it, and which pieces there are
//   GET  <gateway>/info           how high the chain is
//   GET  <gateway>/<id>           an item's data
//
// A gateway's and a bundler's words are theirs: what is read is compared with what was posted, and
// what is restored is verified.
import { failure } from '../../domain/failure.ts';
import {
  ARCHIVE_CALL_MS,
  ARCHIVE_LISTED_MAX,
  ARCHIVE_PIECE_BYTES_MAX,
  ARWEAVE_ANSWER_BYTES_MAX,
  ARWEAVE_CONFIRMATIONS,
} from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { readBodyWithin } from '../../integrity/index.ts';
import { PIECE_TAGS } from './archive-piece.ts';
import type { ArchiveTarget, ItemState, ListedPiece } from './archive-target.ts';
import { itemIn, pageIn, topIn } from './arweave-answers.ts';

const PAGE = 100;
const STATE_QUERY = 'query ($id: ID!) { transaction(id: $id) { id block { height } } }';
const LIST_QUERY = `query ($tags: [TagFilter!], $after: String) {
  transactions(first: ${PAGE}, after: $after, tags: $tags, sort: HEIGHT_ASC) {
    pageInfo { hasNextPage }
    edges { cursor node { id owner { address } tags { name value } } }
  }
}`;

/** The archive on Arweave. `bundler` null: it can be read and not posted to. */
export function arweaveTarget(of: {
  readonly gateway: string;
  readonly bundler: string | null;
}): ArchiveTarget {
  const gateway = of.gateway.replace(/\/$/, '');
  const bundler = of.bundler?.replace(/\/$/, '') ?? null;

  async function ask(
    query: string,
    variables: object,
    signal: AbortSignal,
  ): Promise<Outcome<unknown>> {
    const body = JSON.stringify({ query, variables });
    const headers = { 'content-type': 'application/json' };
    return json(`${gateway}/graphql`, { method: 'POST', body, headers }, signal);
  }

  /** What a gateway that does not know an item leaves open. */
  async function stateAtBundler(id: string, signal: AbortSignal): Promise<Outcome<ItemState>> {
    if (bundler === null) return succeed('unknown');
    const answer = await call(`${bundler}/${id}/status`, {}, { bytesMax: 65_536, signal });
    if (!answer.ok) return answer;
    const { status } = answer.value;
    if (status >= 500 || status === 429) return refusal(bundler, answer.value);
    return succeed(status === 200 || status === 202 ? 'pending' : 'unknown');
  }

  return {
    name: gateway,
    place: gateway,

    async post(item, signal) {
      if (bundler === null) {
        const text = `no bundler is named that would take pieces for ${gateway}`;
        return fail(failure('config_invalid', `${text}. Name one with --archive-bundler.`));
      }
      const headers = { 'content-type': 'application/octet-stream' };
      const request = { method: 'POST', body: item.bytes.slice(), headers };
      const answer = await call(bundler, request, { bytesMax: 65_536, signal });
      if (!answer.ok) return answer;
      const isTaken = answer.value.status >= 200 && answer.value.status < 300;
      return isTaken ? succeed(undefined) : refusal(bundler, answer.value);
    },

    async stateOf(id, signal) {
      const answered = await ask(STATE_QUERY, { id }, signal);
      if (!answered.ok) return answered;
      const { height, isSeen } = itemIn(answered.value);
      if (height !== null) {
        const info = await json(`${gateway}/info`, {}, signal);
        if (!info.ok) return info;
        const top = topIn(info.value);
        const isDeep = top !== null && top - height >= ARWEAVE_CONFIRMATIONS;
        return succeed(isDeep ? 'there' : 'pending');
      }
      return isSeen ? succeed('pending') : stateAtBundler(id, signal);
    },

    async read(id, signal) {
      const answer = await call(
        `${gateway}/${id}`,
        {},
        { bytesMax: ARCHIVE_PIECE_BYTES_MAX, signal },
      );
      if (!answer.ok) return answer;
      const { status, body } = answer.value;
      if (status === 200) return succeed(body);
      const isAbsent = status === 404 || status === 202 || status === 410;
      return isAbsent ? succeed(null) : refusal(gateway, answer.value);
    },

    async list(logKey, signal) {
      const tags = [
        { name: PIECE_TAGS.app.name, values: [PIECE_TAGS.app.value] },
        { name: PIECE_TAGS.log, values: [logKey] },
      ];
      const listed: ListedPiece[] = [];
      let after: string | null = null;
      // Pages, and not pieces: a gateway may give pages for ever that hold none.
      for (let pages = 0; pages < ARCHIVE_LISTED_MAX / PAGE; pages++) {
        const variables = after === null ? { tags } : { tags, after };
        const answered: Outcome<unknown> = await ask(LIST_QUERY, variables, signal);
        if (!answered.ok) return answered;
        const page = pageIn(answered.value);
        if (page === null) return malformed(gateway, 'lists no pieces');
        listed.push(...page.pieces);
        if (page.next === null || page.next === after) break;
        after = page.next;
      }
      return succeed(listed.sort((one, other) => one.first - other.first));
    },
  };
}

type Answer = {
  readonly status: number;
  readonly body: Uint8Array;
  /** Seconds that the other side asks to wait; null where it does not. */
  readonly retryAfterSeconds: number | null;
};

async function call(
  url: string,
  request: RequestInit,
  of: { readonly bytesMax: number; readonly signal: AbortSignal },
): Promise<Outcome<Answer>> {
  const tooLong = AbortSignal.timeout(ARCHIVE_CALL_MS);
  try {
    const signal = AbortSignal.any([of.signal, tooLong]);
    const response = await fetch(url, { ...request, signal, credentials: 'omit' });
    const body = await readBodyWithin(response, of.bytesMax);
    if (body === null) {
      const text = `${url} has more than ${of.bytesMax} bytes`;
      return fail(failure('limit_exceeded', `${text}. Choose another gateway.`));
    }
    const { status, headers } = response;
    const seconds = Number(headers.get('retry-after') ?? Number.NaN);
    return succeed({ status, body, retryAfterSeconds: seconds >= 0 ? seconds : null });
  } catch (cause) {
    // fetch and body readers throw for every network fault, and for an abort.
    if (of.signal.aborted) return fail(failure('canceled', `Asking ${url} was canceled.`));
    if (tooLong.aborted) {
      const text = `${url} did not answer within ${ARCHIVE_CALL_MS} ms`;
      return fail(failure('timeout', `${text}. It is tried again.`));
    }
    const detail = cause instanceof Error ? cause.message : String(cause);
    const text = `${url} cannot be reached (${detail})`;
    return fail(failure('unavailable', `${text}. Check the address; it is tried again.`));
  }
}

async function json(
  url: string,
  request: RequestInit,
  signal: AbortSignal,
): Promise<Outcome<unknown>> {
  const answer = await call(url, request, { bytesMax: ARWEAVE_ANSWER_BYTES_MAX, signal });
  if (!answer.ok) return answer;
  if (answer.value.status !== 200) return refusal(url, answer.value);
  try {
    return succeed(JSON.parse(new TextDecoder().decode(answer.value.body)) as unknown);
  } catch {
    return malformed(url, 'answers no JSON');
  }
}

// As much of what the other side says as a person wants to read.
const SAID_CHARS_MAX = 160;

/** Why the other side did not do what it was asked for, and what that means here. */
function refusal(url: string, { status, body, retryAfterSeconds }: Answer): Outcome<never> {
  const said = new TextDecoder()
    .decode(body)
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim();
  const text = `${url} answered with status ${status}: ${said.slice(0, SAID_CHARS_MAX)}`;
  const waitMs = retryAfterSeconds === null ? undefined : retryAfterSeconds * 1_000;
  if (status === 402) {
    const remedy = 'Its free quota is used up: buy credit for the key of the archive';
    return fail(failure('storage_full', `${text}. ${remedy}, or choose another bundler.`));
  }
  if (status === 429) return fail(failure('rate_limited', `${text}. It is tried again.`, waitMs));
  if (status >= 500 || status === 408) {
    return fail(failure('unavailable', `${text}. It is tried again.`, waitMs));
  }
  return fail(failure('input_invalid', `${text}. Check its address, or choose another one.`));
}

function malformed(url: string, why: string): Outcome<never> {
  return fail(failure('input_malformed', `${url} ${why}. Choose another gateway.`));
}
