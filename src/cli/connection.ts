import { setTimeout as pause } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { ConnectError, createClient, type CallOptions, type Client } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { httpBlocks, type BlockSink, type BlockSource } from '../data/index.ts';
import { failure, type Failure } from '../domain/failure.ts';
import { parseContentId, type ContentId } from '../domain/ids.ts';
import {
  CALL_TRIES_MAX,
  COMMAND_CALL_MS,
  MESSAGE_BYTES_MAX,
  RECONNECT_MS_MIN,
} from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  DataService,
  failureFromConnect,
  FunctionService,
  JobService,
  LedgerService,
  NetworkService,
  OperatorService,
  PutBlockRequestSchema,
  StageRequestSchema,
} from '../wire/index.ts';

/** An orchestrator, as a producer's or an operator's command speaks to it. */
export type Connection = {
  readonly origin: string;
  readonly jobs: Client<typeof JobService>;
  readonly data: Client<typeof DataService>;
  readonly network: Client<typeof NetworkService>;
  readonly record: Client<typeof LedgerService>;
  readonly functions: Client<typeof FunctionService>;
  /** Answers where the connection has the operator's key. */
  readonly operators: Client<typeof OperatorService>;
  /** Where blobs are read; every block is verified. */
  readonly blocks: BlockSource;
  /** Where blobs are uploaded: only blocks that are missing there. */
  readonly sink: BlockSink;
  readonly signal: AbortSignal;
  /**
   * Makes a call that may be made twice. Tries again while an orchestrator that answered before
   * is away; one that never answered is told at once.
   *
   * Errors: those of the call, unavailable, timeout, canceled.
   */
  call<T>(run: (options: CallOptions) => Promise<T>): Promise<Outcome<T>>;
  /** The failure of what a stream threw. */
  failureOf(thrown: unknown): Failure;
};

/** Opens a connection with a producer's or the operator's key; nothing is sent yet. A null key is for what anyone may read. */
export function openConnection(of: {
  readonly origin: string;
  readonly key: string | null;
  readonly signal: AbortSignal;
}): Connection {
  const { origin, key, signal } = of;
  const transport = createConnectTransport({
    baseUrl: origin,
    httpVersion: '1.1',
    useBinaryFormat: true,
    // Bulk bytes do not shrink, and to try costs more than to send them.
    acceptCompression: [],
    readMaxBytes: MESSAGE_BYTES_MAX,
    interceptors: [
      (next) => (request) => {
        if (key !== null) request.header.set('authorization', `Bearer ${key}`);
        return next(request);
      },
    ],
  });
  const data = createClient(DataService, transport);
  const failureOf = (thrown: unknown): Failure => explain(thrown, { origin, signal });
  let hasAnswered = false;
  const call: Connection['call'] = async (run) => {
    for (let count = 1; ; count++) {
      try {
        const value = await run({ signal, timeoutMs: COMMAND_CALL_MS });
        hasAnswered = true;
        return succeed(value);
      } catch (thrown) {
        const cause = failureOf(thrown);
        const mayReturn = hasAnswered && cause.code === 'unavailable';
        if (!mayReturn || count === CALL_TRIES_MAX) return fail(cause);
        const waitMs = cause.retryAfterMs ?? RECONNECT_MS_MIN * 2 ** (count - 1);
        // Aborted: the next try says so.
        await pause(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
  };
  const sink = blockSink({ data, call });
  const jobs = createClient(JobService, transport);
  const operators = createClient(OperatorService, transport);
  const network = createClient(NetworkService, transport);
  const blocks = httpBlocks({ origin });
  const record = createClient(LedgerService, transport);
  const functions = createClient(FunctionService, transport);
  const clients = { jobs, data, operators, network, record, functions };
  return { origin, ...clients, blocks, sink, signal, call, failureOf };
}

/**
 * The origin that `--orchestrator` names: "localhost:8080" will do.
 *
 * Errors: config_invalid.
 */
export function parseOrigin(text: string): Outcome<string> {
  const refuse = (): Outcome<never> => {
    const remedy = 'Write it like http://localhost:8080';
    return fail(failure('config_invalid', `--orchestrator ${text} is not an address. ${remedy}.`));
  };
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol)) return refuse();
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '') {
    return refuse();
  }
  return succeed(url.origin);
}

function blockSink({ data, call }: Pick<Connection, 'data' | 'call'>): BlockSink {
  return {
    async missing(ids) {
      const request = create(StageRequestSchema, { contentIds: [...ids] });
      const staged = await call((options) => data.stage(request, options));
      if (!staged.ok) return staged;
      const missing: ContentId[] = [];
      for (const text of staged.value.missingContentIds) {
        const id = parseContentId(text);
        if (!id.ok) return id;
        missing.push(id.value);
      }
      return succeed(missing);
    },
    async put(id, block) {
      const request = create(PutBlockRequestSchema, { contentId: id, block });
      const put = await call((options) => data.putBlock(request, options));
      return put.ok ? succeed(undefined) : put;
    },
  };
}

/** Says of a broken connection what a person can do about it. */
function explain(thrown: unknown, of: { origin: string; signal: AbortSignal }): Failure {
  if (of.signal.aborted) return failure('canceled', 'interrupted');
  const error = ConnectError.from(thrown);
  // Of the other side's web server, which is not ours, or of an HTTP proxy between.
  if (/^HTTP \d{3}$/.test(error.rawMessage)) {
    const text = `${of.origin} answers ${error.rawMessage} and is no orchestrator`;
    return failure('unavailable', `${text}. Correct --orchestrator.`);
  }
  const { cause } = error;
  if (!(cause instanceof Error) || !('code' in cause) || typeof cause.code !== 'string') {
    return failureFromConnect(thrown);
  }
  const { code } = cause;
  const wrong = wrongTls(of.origin, code);
  if (wrong !== null) return failure('unavailable', wrong);
  const remedy = 'Start one with "npx manyhands start", or name another with --orchestrator URL';
  return failure('unavailable', `cannot reach ${of.origin} (${code}). ${remedy}.`);
}

// Of OpenSSL: a certificate that nobody known here has signed.
const UNKNOWN_ISSUER = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_)/;
// A server of TLS ends a connection that begins otherwise, at once.
const BROKEN_OFF = new Set(['EPIPE', 'ECONNRESET', 'HPE_INVALID_CONSTANT']);

/** Why one side speaks TLS, or trusts a certificate, and the other does not; null: another cause. */
function wrongTls(origin: string, code: string): string | null {
  const { protocol, host } = new URL(origin);
  if (UNKNOWN_ISSUER.test(code)) {
    const remedy = 'Name the file of its certificate in NODE_EXTRA_CA_CERTS, if you trust it';
    return `the certificate of ${origin} is signed by nobody known here (${code}). ${remedy}.`;
  }
  if (protocol === 'https:' && (code === 'EPROTO' || code.startsWith('ERR_SSL'))) {
    return `${origin} does not speak TLS (${code}). Write --orchestrator http://${host}.`;
  }
  if (protocol === 'http:' && BROKEN_OFF.has(code)) {
    const remedy = `If it serves TLS, write --orchestrator https://${host}`;
    return `${origin} broke the connection off (${code}). ${remedy}.`;
  }
  return null;
}
