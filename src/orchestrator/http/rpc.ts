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
import { MESSAGE_BYTES_MAX } from '../../domain/limits.ts';
import { failureToConnect } from '../../wire/index.ts';
import { validationInterceptor } from '../../wire/validation.ts';
import type { Logger } from '../logger.ts';
import type { HttpHandler } from './port.ts';

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
    if (handler === undefined) return null;
    return (request, response) => {
      const answer = async (): Promise<void> => {
        // The adapter's types are of Node's own classes, with whose union ours is the same.
        const universal = universalRequestFromNodeRequest(request, response, undefined, undefined);
        await universalResponseToNodeResponse(await handler(universal), response);
      };
      answer().catch((cause: unknown) => {
        // The client went away, or sent what is no request: its concern, not the operator's.
        logger.debug('rpc broken off', { path, cause: String(cause) });
        if (!response.headersSent) response.statusCode = 400;
        response.end();
      });
    };
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

/** Failures become RPC errors with their code; bugs become 'internal', told to the operator. */
function failureInterceptor(logger: Logger): Interceptor {
  return (next) => async (request) => {
    try {
      return await next(request);
    } catch (cause) {
      if (cause instanceof FailureError) throw failureToConnect(cause.failure);
      if (cause instanceof ConnectError) throw cause;
      if (request.signal.aborted) throw failureToConnect(failure('canceled', 'canceled'));
      const stack = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      logger.error('rpc failed', { method: request.method.name, stack });
      throw new ConnectError('a bug: the orchestrator has logged it', Code.Internal);
    }
  };
}
