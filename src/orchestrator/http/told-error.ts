import type { DescMethod } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { failure, FailureError } from '../../domain/failure.ts';
import { failureToConnect } from '../../wire/index.ts';
import type { Logger } from '../logger.ts';

/** Makes an RPC error of whatever a call threw. */
export type TellError = (
  cause: unknown,
  call: { readonly method: DescMethod; readonly aborted: boolean },
) => ConnectError;

/** Failures become RPC errors with their code; bugs become 'internal', told to the operator. */
export function errorTeller(logger: Logger): TellError {
  return (cause, { method, aborted }) => {
    if (cause instanceof FailureError) return failureToConnect(cause.failure);
    if (cause instanceof ConnectError) return cause;
    if (aborted) return failureToConnect(failure('canceled', 'canceled'));
    const stack = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    logger.error('rpc failed', { method: method.name, stack });
    return new ConnectError('a bug: the orchestrator has logged it', Code.Internal);
  };
}
