import { Code } from '@connectrpc/connect';
import type { UniversalServerResponse } from '@connectrpc/connect/protocol';

// How Connect's library begins the message of what it calls an internal error.
const UNPARSED = 'parse binary: ';

const GRPC_WEB = 'application/grpc-web';
// What begins a frame of trailers in the body of gRPC-Web: this byte and the length in four.
const TRAILER_FLAG = 0x80;
const FRAME_HEAD_BYTES = 5;

/**
 * Calls a request whose message does not parse what it is: the client's error, "input_malformed".
 *
 * The library answers it before any interceptor runs, as if the server had failed.
 */
export async function blameUnparsed(
  response: UniversalServerResponse,
): Promise<UniversalServerResponse> {
  const { body, trailer } = response;
  if (body === undefined || body === null) return response;
  if (response.status === 500) return blameInBody(response, body);
  const isGrpcWeb = new Headers(response.header).get('content-type')?.startsWith(GRPC_WEB);
  if (isGrpcWeb === true) return { ...response, body: blameInFrame(body) };
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
  blame(trailer);
}

/** gRPC-Web: so soon an error is trailers alone, and those are the body, as text in one frame. */
async function* blameInFrame(body: Body): AsyncGenerator<Uint8Array> {
  const frame: Uint8Array[] = [];
  let isFirst = true;
  for await (const part of body) {
    if (frame.length > 0 || (isFirst && part[0] === TRAILER_FLAG)) frame.push(part);
    else yield part;
    isFirst = false;
  }
  if (frame.length > 0) yield blamedFrame(Buffer.concat(frame));
}

function blamedFrame(frame: Buffer): Uint8Array {
  const trailer = new Headers();
  for (const line of frame.toString('utf8', FRAME_HEAD_BYTES).split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) trailer.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  if (!blame(trailer)) return frame;
  const text = Array.from(trailer, ([name, value]) => `${name}: ${value}\r\n`).join('');
  const blamed = Buffer.concat([Buffer.alloc(FRAME_HEAD_BYTES), Buffer.from(text)]);
  blamed.writeUInt8(TRAILER_FLAG);
  blamed.writeUInt32BE(blamed.byteLength - FRAME_HEAD_BYTES, 1);
  return blamed;
}

/** Puts the blame into gRPC's trailers where they tell of a message that does not parse. */
function blame(trailer: Headers): boolean {
  const message = decodeURIComponent(trailer.get('grpc-message') ?? '');
  if (!message.startsWith(UNPARSED)) return false;
  trailer.set('grpc-status', String(Code.InvalidArgument));
  trailer.set('grpc-message', encodeURIComponent(messageOf(message.slice(UNPARSED.length))));
  trailer.set('manyhands-failure', 'input_malformed');
  trailer.delete('grpc-status-details-bin');
  return true;
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
