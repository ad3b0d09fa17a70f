import { Code, ConnectError } from '@connectrpc/connect';
import { codeToHttpStatus, errorToJson } from '@connectrpc/connect/protocol-connect';
import { setTrailerStatus } from '@connectrpc/connect/protocol-grpc';
import { sendAnswer } from './answer.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from './port.ts';

const RPC_PATH = /^\/manyhands\.[\w.]{1,100}\/\w{1,100}$/;

/** Says 'unimplemented' where an RPC of another version is called; null where a path is no RPC. */
export function unknownRpc(path: string): HttpHandler | null {
  if (!RPC_PATH.test(path)) return null;
  const text = `there is no ${path} here, where version v1 of the protocol is spoken`;
  const remedy = 'Update the orchestrator, or use a client that fits it';
  const error = new ConnectError(`${text}. ${remedy}.`, Code.Unimplemented);
  return (request, response) => sendRpcError(error, request, response);
}

/** Answers an RPC with an error, without reading it, in the protocol that it came in. */
export function sendRpcError(
  error: ConnectError,
  request: HttpRequest,
  response: HttpResponse,
): void {
  const type = String(request.headers['content-type'] ?? '');
  if (type.startsWith('application/grpc')) {
    const trailers = new Headers({ 'content-type': type });
    setTrailerStatus(trailers, error);
    sendAnswer(response, { status: 200, headers: Object.fromEntries(trailers), body: null });
    return;
  }
  const headers = { ...Object.fromEntries(error.metadata), 'content-type': 'application/json' };
  const body = Buffer.from(JSON.stringify(errorToJson(error, undefined)));
  sendAnswer(response, { status: codeToHttpStatus(error.code), headers, body });
}
