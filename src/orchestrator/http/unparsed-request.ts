import { Code } from '@connectrpc/connect';
import type { UniversalServerResponse } from '@connectrpc/connect/protocol';

// How Connect's library begins the message of what it calls an internal error.
const UNPARSED = 'parse binary: ';

/**
 * Calls a request whose message does not parse what it is: the client's error, "input_malformed".
 *
 * The library answers it before any interceptor runs, as if the server had failed. gRPC-Web keeps
 * the library's code, and its message.
 */
export async function blameUnparsed(
  response: UniversalServerResponse,
): Promise<UniversalServerResponse> {
  const { body, trailer } = response;
  if (body === undefined || body === null) return response;
  if (response.status === 500) return blameInBody(response, body);
  if (trailer === undefined) return response;
  return { ...response, body: thenBlame(body, trailer) };
}

type Body = NonNullable<UniversalServerResponse['body']>;

/** Connect: the error is the body, as JSON. */
async function blameInBody(
  response: UniversalServerResponse,
  body: Body,
): Promise<UniversalServerResponse> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  const bytes = Buffer.concat(parts);
  const cause = detailIn(bytes);
  if (cause === null) return { ...response, body: once(bytes) };
  const header = new Headers(response.header);
  header.set('manyhands-failure', 'input_malformed');
  const code = 'invalid_argument';
  const error = Buffer.from(JSON.stringify({ code, message: messageOf(cause) }));
  header.set('content-length', String(error.byteLength));
  return { ...response, status: 400, header, body: once(error) };
}

/** gRPC: the error is in the trailers, which are there behind the body. */
async function* thenBlame(body: Body, trailer: Headers): AsyncGenerator<Uint8Array> {
  yield* body;
  const message = decodeURIComponent(trailer.get('grpc-message') ?? '');
  if (!message.startsWith(UNPARSED)) return;
  trailer.set('grpc-status', String(Code.InvalidArgument));
  trailer.set('grpc-message', encodeURIComponent(messageOf(message.slice(UNPARSED.length))));
  trailer.set('manyhands-failure', 'input_malformed');
  trailer.delete('grpc-status-details-bin');
}

function detailIn(bytes: Buffer): string | null {
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null || !('message' in parsed)) return null;
    const message = String(parsed.message);
    return message.startsWith(UNPARSED) ? message.slice(UNPARSED.length) : null;
  } catch {
    // Not an error of Connect's.
    return null;
  }
}

function messageOf(cause: string): string {
  return `the message does not parse (${cause}). Use a client generated from these protos.`;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
