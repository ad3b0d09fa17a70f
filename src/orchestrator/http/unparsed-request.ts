import { Code } from '@connectrpc/connect';
import type { UniversalServerResponse } from '@connectrpc/connect/protocol';
import { failure, type Failure } from '../../domain/failure.ts';
import { MESSAGE_BYTES_MAX } from '../../domain/limits.ts';

// How Connect's library begins the message of what it calls an internal error.
const UNPARSED = 'parse binary: ';
// What it says of a message beyond the limit.
const TOO_LARGE = /^message size .*is larger than configured readMaxBytes \d+$/;

const GRPC_WEB = 'application/grpc-web';
// What begins a frame of trailers in the body of gRPC-Web: this byte and the length in four.
const TRAILER_FLAG = 0x80;
const FRAME_HEAD_BYTES = 5;

/**
 * Calls a request whose message does not parse, or is too large, what it is: the client's error,
 * "input_malformed" or "limit_exceeded".
 *
 * The library answers it before any interceptor runs, as if the server had failed or was busy.
 */
export async function blameUnparsed(
  response: UniversalServerResponse,
): Promise<UniversalServerResponse> {
  const { body, trailer } = response;
  if (body === undefined || body === null) return response;
  if (response.status === 500 || response.status === 429) return blameInBody(response, body);
  const isGrpcWeb = new Headers(response.header).get('content-type')?.startsWith(GRPC_WEB);
  if (isGrpcWeb === true) return { ...response, body: blameInFrame(body) };
  if (trailer === undefined) return response;
  return { ...response, body: thenBlame(body, trailer) };
}

/** Why a message is no message of ours; `detail` is the parser's. */
export function unparsedFailure(detail: string): Failure {
  const text = `the message does not parse (${detail})`;
  return failure('input_malformed', `${text}. Use a client generated from these protos.`);
}

/** Why a message is not read to its end. */
export function tooLargeFailure(): Failure {
  const text = `the message is larger than ${MESSAGE_BYTES_MAX / 1024 ** 2} MiB`;
  return failure('limit_exceeded', `${text}. Store large tensors and send them by content id.`);
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
  const cause = blameOf(messageIn(bytes));
  if (cause === null) return { ...response, body: once(bytes) };
  const header = new Headers(response.header);
  header.set('manyhands-failure', cause.code);
  const code = 'invalid_argument';
  const error = Buffer.from(JSON.stringify({ code, message: cause.message }));
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

/** Puts the blame into gRPC's trailers where they tell of such a message. */
function blame(trailer: Headers): boolean {
  const cause = blameOf(decodeURIComponent(trailer.get('grpc-message') ?? ''));
  if (cause === null) return false;
  trailer.set('grpc-status', String(Code.InvalidArgument));
  trailer.set('grpc-message', encodeURIComponent(cause.message));
  trailer.set('manyhands-failure', cause.code);
  trailer.delete('grpc-status-details-bin');
  return true;
}

/** The message of an error of Connect's; empty where it is none. */
function messageIn(bytes: Buffer): string {
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null || !('message' in parsed)) return '';
    return String(parsed.message);
  } catch {
    // Not an error of Connect's.
    return '';
  }
}

/** Whose fault the library's error is, in our words; null: not the message's. */
function blameOf(message: string): Failure | null {
  if (message.startsWith(UNPARSED)) return unparsedFailure(message.slice(UNPARSED.length));
  return TOO_LARGE.test(message) ? tooLargeFailure() : null;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
