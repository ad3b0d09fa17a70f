import type { Socket } from 'node:net';
import {
  Code,
  ConnectError,
  createConnectRouter,
  type ConnectRouter,
  type HandlerContext,
  type Interceptor,
} from '@connectrpc/connect';
import {
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from '@connectrpc/connect-node';
import { failure, FailureError } from '../../domain/failure.ts';
import { HTTP_UNREAD_MS, MESSAGE_BYTES_MAX } from '../../domain/limits.ts';
import { failureToConnect } from '../../wire/index.ts';
import { validationInterceptor } from '../../wire/validation.ts';
import type { Logger } from '../logger.ts';
import type { HttpHandler, HttpRequest } from './port.ts';
import { unknownRpc } from './rpc-error.ts';
import { blameUnparsed } from './unparsed-request.ts';

/**
 * The RPCs as Connect, gRPC-Web and gRPC: a handler, or null where a path is none of theirs.
 *
 * Nothing is compressed: bulk bytes are tensors, which cost much CPU to squeeze by little.
 */
export function rpcHandlers(options: {
  readonly routes: (router: ConnectRouter) => void;
  readonly gate: (context: HandlerContext) => void;
  readonly logger: Logger;
}): (path: string) => HttpHandler | null {
  const { logger } = options;
  const router = createConnectRouter({
    acceptCompression: [],
    readMaxBytes: MESSAGE_BYTES_MAX,
    requestGate: (context) => gated(options.gate, context),
    interceptors: [failureInterceptor(logger), validationInterceptor()],
  });
  options.routes(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  return (path) => {
    const handler = handlers.get(path);
    if (handler === undefined) return unknownRpc(path);
    return (request, response) => {
      const answer = async (): Promise<void> => {
        // The adapter's types are of Node's own classes, with whose union ours is the same.
        const universal = universalRequestFromNodeRequest(request, response, undefined, undefined);
        await universalResponseToNodeResponse(
          await blameUnparsed(await handler(universal)),
          response,
        );
      };
      const { socket } = request;
      response.on('finish', () => endUnread(request, socket));
      answer().catch((cause: unknown) => {
        // The client went away, or sent what is no request: its concern, not the operator's.
        logger.debug('rpc broken off', { path, cause: String(cause) });
        if (!response.headersSent) response.statusCode = 400;
        response.end();
      });
    };
  };
}

/**
 * Ends the connection of a request that was answered before it had arrived, as one beyond the
 * limit of size is: the rest of it would stand before the next request for ever.
 */
function endUnread(request: HttpRequest, socket: Socket): void {
  // A stream of HTTP/2 ends by itself; a request that nobody began to read is read by Node.
  if ('stream' in request || request.complete || !request.destroyed) return;
  socket.removeAllListeners('data');
  socket.resume();
  socket.end();
  const late = setTimeout(() => socket.destroy(), HTTP_UNREAD_MS);
  socket.once('close', () => clearTimeout(late));
}

/** The gate runs outside of interceptors. */
function gated(gate: (context: HandlerContext) => void, context: HandlerContext): void {
  try {
    gate(context);
  } catch (cause) {
    throw cause instanceof FailureError ? failureToConnect(cause.failure) : cause;
  }
}

/** Failures become RPC errors with their code; bugs become 'internal', told to the operator. */
function failureInterceptor(logger: Logger): Interceptor {
  return (next) => async (request) => {
    const told = (cause: unknown): ConnectError => {
      if (cause instanceof FailureError) return failureToConnect(cause.failure);
      if (cause instanceof ConnectError) return cause;
      if (request.signal.aborted) return failureToConnect(failure('canceled', 'canceled'));
      const stack = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      logger.error('rpc failed', { method: request.method.name, stack });
      return new ConnectError('a bug: the orchestrator has logged it', Code.Internal);
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
