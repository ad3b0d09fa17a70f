import { createServer as createHttp1, type Server as Http1Server } from 'node:http';
import {
  createSecureServer,
  createServer as createHttp2,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import { failure } from '../../domain/failure.ts';
import { HTTP_REQUEST_MS, HTTP_STREAMS_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';

export type HttpRequest = IncomingMessage | Http2ServerRequest;
export type HttpResponse = ServerResponse | Http2ServerResponse;
export type HttpHandler = (request: HttpRequest, response: HttpResponse) => void;

/** PEM text. */
export type TlsIdentity = { readonly cert: string; readonly key: string };

/** One port that speaks HTTP/1.1 and HTTP/2, with TLS or without. */
export type OpenPort = {
  readonly port: number;
  /** Takes no more connections; ends those that are idle, and after `graceMs` all. */
  close(graceMs: number): Promise<void>;
};

// How a client with prior knowledge of HTTP/2 begins (RFC 9113 section 3.4).
const HTTP2_PREFACE = 'PRI';
/** How often a stopping server looks for connections that became idle. */
const IDLE_LOOK_MS = 20;
export type PortOptions = {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsIdentity | null;
  /** Longest that a connection may take to say what it speaks, or to send headers. */
  readonly headersMs: number;
  readonly handler: HttpHandler;
};

/**
 * Opens the port.
 *
 * Errors: "port_in_use" | "config_invalid", naming port and remedy.
 */
export async function openPort(options: PortOptions): Promise<Outcome<OpenPort>> {
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  let listening: { server: Server; http1: Http1Server | null };
  try {
    listening =
      options.tls === null
        ? plainServer(options, sessions)
        : { server: secureServer(options, { tls: options.tls, sessions }), http1: null };
  } catch (cause) {
    const text = `the TLS certificate or key cannot be used (${messageOf(cause)})`;
    return fail(failure('config_invalid', `${text}. Check --tls-cert and --tls-key.`));
  }
  const { server, http1 } = listening;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const listened = await listen(server, options);
  if (!listened.ok) return listened;
  // Its timers that guard against slow headers begin with this event, which nothing else sends.
  http1?.emit('listening');
  return succeed({
    port: listened.value,
    close: (graceMs) => closeAll({ server, http1, sockets, sessions, graceMs }),
  });
}

/** How Node guards a server of HTTP/1.1 against slow clients. */
function guardOf({ headersMs }: PortOptions) {
  return {
    headersTimeout: headersMs,
    requestTimeout: HTTP_REQUEST_MS,
    // How often Node looks for those who outstay them.
    connectionsCheckingInterval: Math.ceil(headersMs / 4),
  };
}

/** Looks at the first bytes of each connection and hands it to the server that speaks so. */
function plainServer(options: PortOptions, sessions: Set<ServerHttp2Session>) {
  const { handler, headersMs } = options;
  const http1 = createHttp1(guardOf(options), handler);
  http1.on('clientError', refuse);
  const http2 = createHttp2({ settings: { maxConcurrentStreams: HTTP_STREAMS_MAX } }, handler);
  http2.on('session', (session) => track(session, sessions));
  http2.on('sessionError', () => {});
  const server = createTcp((socket) => {
    // A connection that breaks before it is handed over is nobody's concern.
    socket.on('error', () => socket.destroy());
    const slow = setTimeout(() => socket.destroy(), headersMs);
    socket.once('close', () => clearTimeout(slow));
    socket.once('readable', () => {
      clearTimeout(slow);
      const first: unknown = socket.read();
      if (!(first instanceof Uint8Array)) return socket.destroy();
      socket.unshift(first);
      const isHttp2 = Buffer.from(first).subarray(0, 3).toString('latin1') === HTTP2_PREFACE;
      (isHttp2 ? http2 : http1).emit('connection', socket);
    });
  });
  return { server, http1 };
}

function secureServer(
  options: PortOptions,
  { tls, sessions }: { tls: TlsIdentity; sessions: Set<ServerHttp2Session> },
): Server {
  const server = createSecureServer(
    {
      ...tls,
      // Node looks as often here too, though its types do not say so.
      ...guardOf(options),
      allowHTTP1: true,
      handshakeTimeout: options.headersMs,
      settings: { maxConcurrentStreams: HTTP_STREAMS_MAX },
    },
    options.handler,
  );
  // These limits are properties here, as its types do not say either.
  const { headersTimeout, requestTimeout } = guardOf(options);
  Object.assign(server, { headersTimeout, requestTimeout });
  server.on('session', (session) => track(session, sessions));
  server.on('sessionError', () => {});
  server.on('tlsClientError', (_cause, socket) => socket.destroy());
  server.on('clientError', refuse);
  return server;
}

function track(session: ServerHttp2Session, sessions: Set<ServerHttp2Session>): void {
  sessions.add(session);
  session.on('close', () => sessions.delete(session));
  session.on('error', () => session.destroy());
}

type Refused = { writable: boolean; end(text: string): void; destroy(): void };

/** What does not parse as HTTP, or comes too slowly: say so if the other side still listens. */
function refuse(cause: Error, socket: Refused): void {
  if (!socket.writable) return socket.destroy();
  const isSlow = 'code' in cause && cause.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const status = isSlow ? '408 Request Timeout' : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function listen(
  server: Server,
  at: { readonly host: string; readonly port: number },
): Promise<Outcome<number>> {
  return new Promise((resolve) => {
    server.once('error', (cause) => resolve(fail(listenFailure(cause, at))));
    server.listen({ host: at.host, port: at.port }, () => {
      // A server that listens on TCP has an address with a port.
      resolve(succeed((server.address() as AddressInfo).port));
    });
  });
}

function listenFailure(cause: Error, at: { readonly host: string; readonly port: number }) {
  const code = 'code' in cause ? cause.code : null;
  if (code === 'EADDRINUSE') {
    const text = `port ${at.port} on ${at.host} is in use by another program`;
    return failure('port_in_use', `${text}. Stop it, or choose another with --port.`);
  }
  if (code === 'EACCES') {
    const text = `port ${at.port} needs more rights than this user has`;
    return failure('config_invalid', `${text}. Choose one above 1023 with --port.`);
  }
  const text = `cannot listen on ${at.host} (${cause.message})`;
  return failure('config_invalid', `${text}. Choose an address of this machine with --host.`);
}

async function closeAll(open: {
  server: Server;
  http1: Http1Server | null;
  sockets: Set<Socket>;
  sessions: Set<ServerHttp2Session>;
  graceMs: number;
}): Promise<void> {
  const closed = new Promise<void>((resolve) => open.server.close(() => resolve()));
  // Answers under way still go out; then their connections end.
  for (const session of open.sessions) session.close();
  // Connections become idle one by one, and clients would keep them.
  const idle = setInterval(() => closeIdle(open.http1 ?? open.server), IDLE_LOOK_MS);
  const force = setTimeout(() => {
    for (const session of open.sessions) session.destroy();
    for (const socket of open.sockets) socket.destroy();
  }, open.graceMs);
  await closed;
  clearTimeout(force);
  clearInterval(idle);
  open.http1?.close();
}

/** A secure server of HTTP/2 has this method for its connections of HTTP/1.1, untyped. */
function closeIdle(server: Server | Http1Server): void {
  if (!('closeIdleConnections' in server)) return;
  if (typeof server.closeIdleConnections === 'function') server.closeIdleConnections();
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
