import { failure, FAILURE_CODES, type Failure } from '../../domain/failure.ts';
import {
  FUNCTIONS_ANSWER_BYTES_MAX,
  FUNCTIONS_CALL_MS,
  FUNCTIONS_CALL_TRIES_MAX,
} from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';

/** A JSON object, of which nothing is known. */
export type Json = { readonly [name: string]: unknown };

type Options = { readonly signal?: AbortSignal };

/** What an address answers to GET. Errors: "unavailable" | "timeout" | "canceled", and what it says. */
export function askJson(url: string, options: Options): Promise<Outcome<Json>> {
  return persist(url, {}, options);
}

/** What an address answers to bytes that may be sent twice. Errors: as of `askJson`. */
export function sendBytes(
  url: string,
  bytes: Uint8Array,
  options: Options,
): Promise<Outcome<Json>> {
  const headers = { 'content-type': 'application/octet-stream' };
  return persist(url, { method: 'POST', headers, body: new Uint8Array(bytes) }, options);
}

/** Tries again while nobody answers, each time waiting twice as long. */
async function persist(
  url: string,
  request: RequestInit,
  { signal }: Options,
): Promise<Outcome<Json>> {
  for (let count = 1; ; count++) {
    const answer = await ask(url, request, signal);
    const isOver = answer.ok || answer.failure.code !== 'unavailable' || signal?.aborted === true;
    if (isOver || count === FUNCTIONS_CALL_TRIES_MAX) return answer;
    await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** count));
  }
}

async function ask(
  url: string,
  request: RequestInit,
  signal: AbortSignal | undefined,
): Promise<Outcome<Json>> {
  const deadline = AbortSignal.timeout(FUNCTIONS_CALL_MS);
  const either = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  try {
    const response = await fetch(url, { ...request, signal: either, credentials: 'omit' });
    return await answerIn(response, url);
  } catch (cause) {
    if (signal?.aborted === true) return fail(failure('canceled', 'interrupted'));
    if (deadline.aborted) {
      const text = `${new URL(url).origin} did not answer within ${FUNCTIONS_CALL_MS} ms`;
      return fail(failure('timeout', `${text}. Try again later.`));
    }
    const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    const remedy = 'Check the address, or try again later';
    const text = `cannot reach ${new URL(url).origin} (${String(why)})`;
    return fail(failure('unavailable', `${text}. ${remedy}.`));
  }
}

/**
 * What a response says, JSON or a failure; throws what reading it throws.
 *
 * All of it may come from an attacker. Errors: those that it tells, and "input_invalid".
 */
export async function answerIn(response: Response, url: string): Promise<Outcome<Json>> {
  const text = await textWithin(response);
  const body = text === null ? null : parsed(text);
  if (response.ok && body !== null) return succeed(body);
  const { status, headers } = response;
  return fail((body && failureIn(body, headers)) ?? noOrchestrator(url, status));
}

/** A failure in the orchestrator's own words, where its code is one of ours. */
function failureIn(body: Json, headers: Headers): Failure | null {
  const [named, message] = [textIn(body, 'code'), textIn(body, 'message')];
  const code = FAILURE_CODES.find((one) => one === named);
  if (code === undefined || message === null) return null;
  const waitS = Number(headers.get('retry-after') ?? Number.NaN);
  return failure(code, message.slice(0, 1_000), waitS >= 0 ? waitS * 1_000 : undefined);
}

function noOrchestrator(url: string, status: number): Failure {
  const text = `${new URL(url).origin} answers ${status} and speaks of no functions`;
  return failure('input_invalid', `${text}. Is it the address of an orchestrator?`);
}

async function textWithin(response: Response): Promise<string | null> {
  const reader = response.body?.getReader();
  if (reader === undefined) return null;
  const decoder = new TextDecoder();
  let text = '';
  let byteLength = 0;
  for (;;) {
    const part = await reader.read();
    if (part.done) return text + decoder.decode();
    byteLength += part.value.byteLength;
    if (byteLength > FUNCTIONS_ANSWER_BYTES_MAX) {
      await reader.cancel();
      return null;
    }
    text += decoder.decode(part.value, { stream: true });
  }
}

function parsed(text: string): Json | null {
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? json : null;
  } catch {
    return null;
  }
}

/** A text field of JSON; null where it is none. */
export function textIn(json: Json, name: string): string | null {
  const value = json[name];
  return typeof value === 'string' ? value : null;
}

/** A whole number of JSON from 0 on; null where it is none. */
export function wholeNumberIn(json: Json, name: string): number | null {
  const value = json[name];
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** The objects of a list in JSON; null where it is none, or has anything else in it. */
export function objectsIn(json: Json, name: string): readonly Json[] | null {
  const list = json[name];
  return Array.isArray(list) && list.every(isObject) ? list : null;
}

function isObject(json: unknown): json is Json {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
