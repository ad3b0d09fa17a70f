import type { HttpResponse } from './port.ts';

/** Headers of every answer of this origin: isolation for threads, and nothing from elsewhere. */
const SITE_HEADERS: Readonly<Record<string, string>> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "connect-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** An answer as a whole; `body` null for one without a body, as to HEAD. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
};

/** Sends an answer with the headers of the site, over HTTP/1.1 or HTTP/2. */
export function sendAnswer(response: HttpResponse, answer: Answer): void {
  sendHead(response, answer);
  // Both kinds of response take these; the union of their overloads hides it.
  const stream: { end(): unknown; end(chunk: Uint8Array): unknown } = response;
  if (answer.body === null) stream.end();
  else stream.end(answer.body);
}

/** Begins an answer whose body is sent by the caller. */
export function sendHead(
  response: HttpResponse,
  { status, headers }: Pick<Answer, 'status' | 'headers'>,
): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries({ ...SITE_HEADERS, ...headers })) {
    response.setHeader(name, value);
  }
}

/** Answers with plain text for people. */
export function sendText(
  response: HttpResponse,
  answer: { readonly status: number; readonly text: string },
): void {
  const body = Buffer.from(answer.text);
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': String(body.byteLength),
  };
  sendAnswer(response, { status: answer.status, headers, body });
}
