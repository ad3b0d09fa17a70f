import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError, type Transport } from '@connectrpc/connect';
import { readBodyWithin } from '../../integrity/index.ts';
import { MESSAGE_BYTES_MAX } from '../../domain/limits.ts';

/**
 * The unary half of the Connect protocol over fetch, in binary.
 *
 * An agent calls nothing else, and what a tab loads before its first task counts: the package's
 * own transport brings JSON, streams and codecs with it. Answers beyond MESSAGE_BYTES_MAX are
 * refused.
 */
export function fetchTransport(origin: string): Transport {
  return {
    async unary(method, signal, timeoutMs, header, input) {
      const { service, stop } = stopping(signal, timeoutMs);
      try {
        const url = new URL(`/${method.parent.typeName}/${method.name}`, origin);
        const headers = new Headers(header);
        headers.set('content-type', 'application/proto');
        headers.set('connect-protocol-version', '1');
        if (timeoutMs !== undefined) headers.set('connect-timeout-ms', String(timeoutMs));
        const body = toBinary(method.input, create(method.input, input));
        const response = await fetch(url, { method: 'POST', headers, body, signal: service });
        const bytes = await readWithin(response, MESSAGE_BYTES_MAX);
        if (response.status !== 200) throw errorOf(response, bytes);
        return {
          stream: false,
          service: method.parent,
          method,
          header: response.headers,
          trailer: new Headers(),
          message: fromBinary(method.output, bytes),
        };
      } catch (cause) {
        throw connectErrorOf(cause, { signal, service });
      } finally {
        stop();
      }
    },
    stream() {
      throw new ConnectError('agents make unary calls only', Code.Unimplemented);
    },
  };
}

/** The caller's signal and the time, as one. */
function stopping(
  signal: AbortSignal | undefined,
  timeoutMs: number | undefined,
): { readonly service: AbortSignal; readonly stop: () => void } {
  const late = new AbortController();
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => late.abort(), timeoutMs);
  const service = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
  return { service, stop: () => clearTimeout(timer) };
}

function connectErrorOf(
  cause: unknown,
  of: { readonly signal: AbortSignal | undefined; readonly service: AbortSignal },
): ConnectError {
  if (cause instanceof ConnectError) return cause;
  if (of.signal?.aborted === true) return new ConnectError('the call was given up', Code.Canceled);
  if (of.service.aborted) {
    const text = 'the orchestrator did not answer in time. Try again later.';
    return new ConnectError(text, Code.DeadlineExceeded);
  }
  const detail = cause instanceof Error ? cause.message : String(cause);
  const text = `the orchestrator cannot be reached (${detail}). Check that it runs.`;
  return new ConnectError(text, Code.Unavailable);
}

async function readWithin(response: Response, bytesMax: number): Promise<Uint8Array> {
  const bytes = await readBodyWithin(response, bytesMax);
  if (bytes !== null) return bytes;
  throw new ConnectError(`an answer of more than ${bytesMax} bytes`, Code.ResourceExhausted);
}

/** A Connect error is JSON with a code and a message; a proxy's page is neither. */
function errorOf(response: Response, bytes: Uint8Array): ConnectError {
  const fallback = response.status === 404 ? Code.Unimplemented : Code.Unavailable;
  const { code, message } = errorIn(bytes);
  const text = message ?? `the server answered with status ${response.status}`;
  return new ConnectError(text, code ?? fallback, response.headers);
}

function errorIn(bytes: Uint8Array): { code: Code | null; message: string | null } {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof parsed !== 'object' || parsed === null) return { code: null, message: null };
    const code =
      'code' in parsed && typeof parsed.code === 'string' ? codeNamed(parsed.code) : null;
    const message =
      'message' in parsed && typeof parsed.message === 'string' ? parsed.message : null;
    return { code, message };
  } catch {
    // Not JSON.
    return { code: null, message: null };
  }
}

/** On the wire a code is its name in small letters, words joined by underscores. */
function codeNamed(name: string): Code | null {
  const pascal = name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const code: unknown = Object.entries(Code).find(([key]) => key === pascal)?.[1];
  return typeof code === 'number' ? code : null;
}
