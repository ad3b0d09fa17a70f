// The short way of the calls that come most often: unary ones of Connect's protocol, in binary, not
// compressed, over HTTP/1.1. The adapter of connect-node makes a web-standard request and response
// of each, with streams, signals and headers, which costs more than all that most calls do. Every
// other call, and whatever is odd about one of these, goes the adapter's way; both give the same
// answers, errors too (quick-unary.test.ts).
import {
  create,
  fromBinary,
  isMessage,
  toBinary,
  type DescMessage,
  type DescMethodUnary,
  type Message,
  type MessageShape,
} from '@bufbuild/protobuf';
import type { ConnectError, ConnectRouter, HandlerContext } from '@connectrpc/connect';
import { codeToHttpStatus, errorToJsonBytes } from '@connectrpc/connect/protocol-connect';
import { MESSAGE_BYTES_MAX } from '../../domain/limits.ts';
import { AgentService, failureToConnect, reportAnswerToBytes } from '../../wire/index.ts';
import { validateMessage } from '../../wire/validation.ts';
import type { PeerRangeOf } from '../access/peer.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from './port.ts';
import type { TellError } from './told-error.ts';
import { UnaryContext } from './unary-context.ts';
import { endConnection } from './unread-request.ts';
import { tooLargeFailure, unparsedFailure } from './unparsed-request.ts';

type Init = Record<string, unknown>;

/** Its answers are written by hand. */
const { reportResults } = AgentService.method;

/** A method with what answers it. */
export type UnaryMethod = {
  readonly method: DescMethodUnary;
  readonly answer: (request: Message, context: HandlerContext) => Promise<Init> | Init;
};

/** A router that also notes unary methods, by their paths. */
export function notingRouter(
  router: ConnectRouter,
  methods: Map<string, UnaryMethod>,
): ConnectRouter {
  const noting: ConnectRouter = {
    ...router,
    service(service, implementation, options) {
      router.service(service, implementation, options);
      for (const method of service.methods) {
        const answer: unknown = Reflect.get(implementation, method.localName);
        if (method.methodKind !== 'unary' || typeof answer !== 'function') continue;
        // A service's implementation has a function of this type for each of its unary methods.
        const bound = answer.bind(implementation) as UnaryMethod['answer'];
        methods.set(`/${service.typeName}/${method.name}`, {
          method: method as DescMethodUnary,
          answer: bound,
        });
      }
      return noting;
    },
  };
  return noting;
}

/** Answers a method's plain calls; `slowly` answers all others. */
export function quickUnary(
  { method, answer }: UnaryMethod,
  by: {
    readonly slowly: HttpHandler;
    readonly gate: (context: HandlerContext) => void;
    readonly tell: TellError;
    readonly rangeOf: PeerRangeOf;
  },
): HttpHandler {
  const call = async (body: Uint8Array, context: UnaryContext): Promise<Uint8Array> => {
    const message = parseMessage(method.input, body);
    const valid = validateMessage(method.input, message);
    if (!valid.ok) throw failureToConnect(valid.failure);
    const answered = await answer(message, context);
    if (method === reportResults) return reportAnswerToBytes(answered);
    const output = isMessage(answered, method.output) ? answered : create(method.output, answered);
    return toBinary(method.output, output);
  };
  const { rangeOf } = by;
  return (request, response) => {
    const plain = plainCall(request);
    if (plain === null) return by.slowly(request, response);
    const context = new UnaryContext({ ...plain, method, request, response, rangeOf });
    const fail = (cause: unknown): void => {
      sendError(response, by.tell(cause, { method, aborted: context.aborted }));
      context.end();
    };
    const succeed = (bytes: Uint8Array): void => {
      sendMessage(response, bytes, context);
      context.end();
    };
    try {
      by.gate(context);
    } catch (cause) {
      return fail(cause);
    }
    takeBody(request, {
      whole: (body) => void call(body, context).then(succeed, fail),
      tooLarge: () => {
        const { socket } = request;
        response.on('finish', () => endConnection(socket));
        fail(failureToConnect(tooLargeFailure()));
      },
    });
  };
}

type PlainCall = { readonly timeoutMs: number | null };

const HOST = /^[\w.:[\]-]{1,255}$/;

/** What a call's headers say, where they say nothing that is not plain. A stranger wrote them. */
function plainCall(request: HttpRequest): PlainCall | null {
  const { headers } = request;
  const isPlain =
    !('stream' in request) &&
    request.method === 'POST' &&
    headers['content-type'] === 'application/proto' &&
    headers['content-encoding'] === undefined &&
    headers.expect === undefined &&
    HOST.test(headers.host ?? '') &&
    request.url?.includes('?') === false;
  if (!isPlain) return null;
  const length = headers['content-length'];
  const bodyBytes = length === undefined ? 0 : naturalOf(length);
  const timeout = headers['connect-timeout-ms'];
  const timeoutMs = timeout === undefined ? null : naturalOf(timeout);
  if (bodyBytes === null || bodyBytes > MESSAGE_BYTES_MAX) return null;
  if (timeout !== undefined && timeoutMs === null) return null;
  return { timeoutMs };
}

/** Of at most nine digits, as a timer and a length can be. */
function naturalOf(text: string | readonly string[] | undefined): number | null {
  return typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** Gives the body once it is there as a whole; never, where the client goes away before. */
function takeBody(
  request: HttpRequest,
  then: { readonly whole: (body: Uint8Array) => void; readonly tooLarge: () => void },
): void {
  const parts: Buffer[] = [];
  let bytes = 0;
  const add = (part: Buffer): void => {
    bytes += part.byteLength;
    if (bytes <= MESSAGE_BYTES_MAX) return void parts.push(part);
    request.off('data', add).off('end', end).pause();
    then.tooLarge();
  };
  const end = (): void => {
    const [only = Buffer.alloc(0)] = parts;
    const whole = parts.length > 1 ? Buffer.concat(parts) : only;
    // Not as a Buffer, whose `slice` shares its bytes where an array's copies them.
    then.whole(new Uint8Array(whole.buffer, whole.byteOffset, whole.byteLength));
  };
  // An error means that the client is gone: there is nobody to tell.
  request
    .on('data', add)
    .on('end', end)
    .on('error', () => {});
}

function parseMessage<Desc extends DescMessage>(
  schema: Desc,
  body: Uint8Array,
): MessageShape<Desc> {
  try {
    return fromBinary(schema, body);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw failureToConnect(unparsedFailure(detail));
  }
}

function sendMessage(response: HttpResponse, bytes: Uint8Array, context: UnaryContext): void {
  if (response.destroyed) return;
  for (const [name, value] of context.answerHeaders()) response.setHeader(name, value);
  send(response, { status: 200, type: 'application/proto', body: bytes });
}

function sendError(response: HttpResponse, error: ConnectError): void {
  if (response.destroyed) return;
  for (const [name, value] of error.metadata) response.setHeader(name, value);
  const status = codeToHttpStatus(error.code);
  send(response, { status, type: 'application/json', body: errorToJsonBytes(error, undefined) });
}

function send(
  response: HttpResponse,
  answer: { readonly status: number; readonly type: string; readonly body: Uint8Array },
): void {
  const { status, type, body } = answer;
  response.statusCode = status;
  response.setHeader('content-type', type);
  response.setHeader('content-length', body.byteLength);
  // Both kinds of response take these; the union of their overloads hides it.
  const stream: { end(chunk: Uint8Array): unknown } = response;
  stream.end(body);
}
