// Functions over plain HTTP, for whoever has no more than fetch or curl:
//
//   POST /fn/<function>                      a signed entry     -> 202 { index, entry, promise }
//   GET  /fn/<function>/state?key=           one row            -> { key, value, cbor, proof, size, root }
//   GET  /fn/<function>/state?prefix=        rows               -> { rows, next, size, root }
//   GET  /fn/                                what is here       -> { verifierKey, engine, functions }
//   GET  /fn/<function>/outcome?index=       what an entry did  -> { kind, value | detail }
//
// Bytes are base64url. A value is told twice: as DAG-JSON for people, and as `cbor`, which is what
// the proof is about. A failure is { code, message }.
import { codeToHttpStatus } from '@connectrpc/connect/protocol-connect';
import { FailureError, failure, type Failure } from '../../domain/failure.ts';
import { ENTRY_BYTES_MAX, FUNCTION_KEY_CHARS_MAX, STATE_ROWS_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { dataToJson, functionTagOf, type DataJson } from '../../execution-machine/index.ts';
import { decodeCanonical, encodeBase64url } from '../../integrity/index.ts';
import { decodeEntry, formatVerifierKey, type VerifierKey } from '../../ledger/index.ts';
import { failureToConnect } from '../../wire/index.ts';
import type { ClientLimits } from '../access/client-limits.ts';
import type { PeerRangeOf } from '../access/peer.ts';
import type { Head, ToldOutcome } from '../functions/functions-message.ts';
import type { RecordFunctions } from '../functions/record-functions.ts';
import { sendAnswer } from './answer.ts';
import type { HttpRequest, HttpResponse } from './port.ts';
import { requestBody } from './request-body.ts';

/** Below it functions are written and read. */
export const FUNCTIONS_PATH = '/fn/';

export type FunctionsSite = {
  readonly functions: RecordFunctions;
  /** The key of the log that has them. */
  readonly log: VerifierKey;
  readonly limits: Pick<ClientLimits, 'entry'>;
  readonly rangeOf: PeerRangeOf;
  /** Unix time in milliseconds. */
  readonly now: () => number;
};

type Body = { readonly [name: string]: DataJson };

const ROWS_USUAL = 100;
const ID = /^[a-z0-9]{1,100}$/;
const ANYWHERE = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
  'cache-control': 'no-store',
};

/** Answers what is asked of functions over HTTP. */
export function functionsSender(
  site: FunctionsSite,
): (request: HttpRequest, response: HttpResponse) => Promise<void> {
  return async (request, response) => {
    if (request.method === 'OPTIONS') return sendAllowed(response);
    // All of it is the client's.
    const url = new URL(request.url ?? '/', 'http://here');
    const [id = '', what = '', ...more] = url.pathname.slice(FUNCTIONS_PATH.length).split('/');
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && id === '' && what === '') return send(response, 200, succeed(aboutOf(site)));
    const asked = { id, query: url.searchParams };
    if (!ID.test(id) || more.length > 0) return sendFailure(response, noSuchAddress());
    const isWrite = request.method === 'POST' && what === '';
    if (isWrite) return send(response, 202, await write(site, { id, request }));
    if (isRead && what === 'state') return send(response, 200, await stateOf(site, asked));
    if (isRead && what === 'outcome') return send(response, 200, await outcomeOf(site, asked));
    return sendFailure(response, noSuchAddress());
  };
}

type Asked = { readonly id: string; readonly query: URLSearchParams };

function aboutOf({ functions, log }: FunctionsSite): Body {
  const { governance, credits, standing, registry } = functions.network;
  const named = [governance, credits, standing, registry].map(({ name, id }) => ({ name, id }));
  return { verifierKey: formatVerifierKey(log), engine: functions.engine, functions: named };
}

async function write(
  { functions, limits, rangeOf, now }: FunctionsSite,
  { id, request }: { readonly id: string; readonly request: HttpRequest },
): Promise<Outcome<Body>> {
  const allowed = limits.entry({ range: rangeOf(request), nowMs: now() });
  if (!allowed.ok) return allowed;
  const bytes = await requestBody(request, ENTRY_BYTES_MAX);
  if (!bytes.ok) return bytes;
  const decoded = decodeEntry(bytes.value);
  if (!decoded.ok) return decoded;
  if (functionTagOf(decoded.value.entry) !== id) {
    const text = `this entry is for another function than ${id}`;
    return fail(failure('input_invalid', `${text}. Send it to its own address.`));
  }
  const submitted = await functions.submit(bytes.value);
  if (!submitted.ok) return submitted;
  const { index, id: entry, promise } = submitted.value;
  return succeed({ index, entry, promise: new TextDecoder().decode(promise) });
}

async function stateOf(site: FunctionsSite, { id, query }: Asked): Promise<Outcome<Body>> {
  const key = query.get('key');
  if (key === null) return rowsOf(site, { id, query });
  if (key.length > FUNCTION_KEY_CHARS_MAX) return tooLong();
  const read = await site.functions.read({ function: id, key, asOf: 'newest' });
  if (!read.ok) return read;
  const { value, proof, head } = read.value;
  const told = value === null ? { value: null, cbor: null } : valueToJson(value);
  return succeed({ key, ...told, proof: encodeBase64url(proof), ...headToJson(head) });
}

async function rowsOf({ functions }: FunctionsSite, { id, query }: Asked): Promise<Outcome<Body>> {
  const [prefix, after] = [query.get('prefix') ?? '', query.get('after') ?? ''];
  const limit = Number(query.get('limit') ?? ROWS_USUAL);
  if (Math.max(prefix.length, after.length) > FUNCTION_KEY_CHARS_MAX) return tooLong();
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > STATE_ROWS_MAX) {
    return fail(failure('input_invalid', `limit is a whole number from 1 to ${STATE_ROWS_MAX}.`));
  }
  const list = await functions.list({ function: id, prefix, after, limit });
  if (!list.ok) return list;
  const { rows, head } = list.value;
  const told = rows.map(({ key, value }) => ({ key, ...valueToJson(value) }));
  const next = rows.length < limit ? null : (rows.at(-1)?.key ?? null);
  return succeed({ rows: told, next, ...headToJson(head) });
}

async function outcomeOf({ functions }: FunctionsSite, { query }: Asked): Promise<Outcome<Body>> {
  const index = Number(query.get('index') ?? Number.NaN);
  if (!Number.isSafeInteger(index) || index < 0) {
    return fail(failure('input_invalid', 'index is the place of an entry, a whole number.'));
  }
  const found = await functions.outcomeOf(index);
  return found.ok ? succeed(outcomeToJson(found.value)) : found;
}

function outcomeToJson(of: ToldOutcome): Body {
  if (of.kind === 'done') return { kind: of.kind, ...valueToJson(of.value) };
  return of.kind === 'other' ? { kind: of.kind } : { kind: of.kind, detail: of.detail };
}

function valueToJson(bytes: Uint8Array): Body {
  const decoded = decodeCanonical(bytes);
  // Our own thread encoded it.
  if (!decoded.ok) throw new FailureError(decoded.failure);
  return { value: dataToJson(decoded.value), cbor: encodeBase64url(bytes) };
}

function headToJson({ size, root }: Head): Body {
  return { size, root: encodeBase64url(root) };
}

function send(response: HttpResponse, status: number, outcome: Outcome<Body>): void {
  if (!outcome.ok) return sendFailure(response, outcome.failure);
  sendJson(response, { status, body: outcome.value, headers: ANYWHERE });
}

function sendFailure(response: HttpResponse, cause: Failure): void {
  const { code, message, retryAfterMs } = cause;
  const wait: Record<string, string> =
    retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) };
  const headers = { ...ANYWHERE, ...wait };
  const status = codeToHttpStatus(failureToConnect(cause).code);
  sendJson(response, { status, body: { code, message }, headers });
}

function sendJson(
  response: HttpResponse,
  of: {
    readonly status: number;
    readonly body: Body;
    readonly headers: Readonly<Record<string, string>>;
  },
): void {
  const body = Buffer.from(`${JSON.stringify(of.body)}\n`);
  const length = String(body.byteLength);
  const headers = { ...of.headers, 'content-type': 'application/json', 'content-length': length };
  sendAnswer(response, { status: of.status, headers, body });
}

/** A page of another origin may write too: an entry carries its own proof of who wrote it. */
function sendAllowed(response: HttpResponse): void {
  const headers = {
    ...ANYWHERE,
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'content-type',
    'access-control-max-age': '7200',
  };
  sendAnswer(response, { status: 204, headers, body: null });
}

function noSuchAddress(): Failure {
  const remedy = 'POST an entry to /fn/<function>, or GET /fn/<function>/state?key=';
  return failure('function_unknown', `there is no function at this address. ${remedy}.`);
}

function tooLong(): Outcome<never> {
  return fail(failure('limit_exceeded', `a key has at most ${FUNCTION_KEY_CHARS_MAX} characters.`));
}
