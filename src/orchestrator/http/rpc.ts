import {
  createConnectRouter,
  createContextValues,
  type ConnectError,
  type ConnectRouter,
  type HandlerContext,
  type Interceptor,
} from '@connectrpc/connect';
import {
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from '@connectrpc/connect-node';
import type { UniversalHandler } from '@connectrpc/connect/protocol';
import { FailureError } from '../../domain/failure.ts';
import { MESSAGE_BYTES_MAX } from '../../domain/limits.ts';
import { failureToConnect } from '../../wire/index.ts';
import { validationInterceptor } from '../../wire/validation.ts';
import { PEER_RANGE, type PeerRangeOf } from '../access/peer.ts';
import type { Logger } from '../logger.ts';
import type { HttpHandler } from './port.ts';
import { notingRouter, quickUnary, type UnaryMethod } from './quick-unary.ts';
import { unknownRpc } from './rpc-error.ts';
import { errorTeller, type TellError } from './told-error.ts';
import { blameUnparsed } from './unparsed-request.ts';
import { endUnread } from './unread-request.ts';

/**
 * The RPCs as Connect, gRPC-Web and gRPC: a handler, or null where a path is none of theirs.
 *
 * Nothing is compressed: bulk bytes are tensors, which cost much CPU to squeeze by little.
 */
export function rpcHandlers(options: {
  readonly routes: (router: ConnectRouter) => void;
  readonly gate: (context: HandlerContext) => void;
  readonly rangeOf: PeerRangeOf;
  readonly logger: Logger;
}): (path: string) => HttpHandler | null {
  const { logger, gate, rangeOf } = options;
  const tell = errorTeller(logger);
  const router = createConnectRouter({
    acceptCompression: [],
    readMaxBytes: MESSAGE_BYTES_MAX,
    requestGate: (context) => gated(gate, context),
    interceptors: [failureInterceptor(tell), validationInterceptor()],
  });
  const methods = new Map<string, UnaryMethod>();
  options.routes(notingRouter(router, methods));
  const handlers = new Map<string, HttpHandler>();
  for (const handler of router.handlers) {
    const slowly = adapted(handler, { logger, rangeOf });
    const unary = methods.get(handler.requestPath);
    const quickly =
      unary === undefined ? slowly : quickUnary(unary, { slowly, gate, tell, rangeOf });
    handlers.set(handler.requestPath, quickly);
  }
  return (path) => handlers.get(path) ?? unknownRpc(path);
}

/** Through the adapter of connect-node, whatever the protocol. */
function adapted(
  handler: UniversalHandler,
  { logger, rangeOf }: { readonly logger: Logger; readonly rangeOf: PeerRangeOf },
): HttpHandler {
  return (request, response) => {
    const answer = async (): Promise<void> => {
      const values = createContextValues().set(PEER_RANGE, rangeOf(request));
      // The adapter's types are of Node's own classes, with whose union ours is the same.
      const universal = universalRequestFromNodeRequest(request, response, undefined, values);
      const answered = await blameUnparsed(await handler(universal));
      await universalResponseToNodeResponse(answered, response);
    };
    const { socket } = request;
    response.on('finish', () => endUnread(request, socket));
    answer().catch((cause: unknown) => {
      // The client went away, or sent what is no request: its concern, not the operator's.
      logger.debug('rpc broken off', { path: handler.requestPath, cause: String(cause) });
      if (!response.headersSent) response.statusCode = 400;
      response.end();
    });
  };
}

/** The gate runs outside of interceptors. */
function gated(gate: (context: HandlerContext) => void, context: HandlerContext): void {
  try {
    gate(context);
  } catch (cause) {
    throw cause instanceof FailureError ? failureToConnect(cause.failure) : cause;
  }
}

function failureInterceptor(tell: TellError): Interceptor {
  return (next) => async (request) => {
    const told = (cause: unknown): ConnectError => {
      return tell(cause, { method: request.method, aborted: request.signal.aborted });
    };
    try {
      const response = await next(request);
      if (!response.stream) return response;
      return { ...response, message: retold(response.message, told) };
    } catch (cause) {
      throw told(cause);
    }
  };
}

/** A stream's errors come when it is read. */
async function* retold<Message>(
  messages: AsyncIterable<Message>,
  told: (cause: unknown) => ConnectError,
): AsyncGenerator<Message> {
  try {
    yield* messages;
  } catch (cause) {
    throw told(cause);
  }
}
