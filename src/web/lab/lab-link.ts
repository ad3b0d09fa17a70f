import {
  CONTENDERS,
  trialSizes,
  type Ceilings,
  type WrongElement,
} from '../../agent/browser/workshop.ts';
import { failure } from '../../domain/failure.ts';
import { DEVICE_LABEL_CHARS_MAX, LAB_LINK_CHARS_MAX } from '../../domain/limits.ts';
import { OPERATORS, type OperatorName } from '../../domain/operator.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { Shape } from '../../domain/tensor.ts';
import { decodeBase64url, encodeBase64url } from '../../integrity/index.ts';
import type { LabResult, LabRun } from './lab-run.ts';

const VERSION = 1;
const WHY_CHARS_MAX = 300;
/** Larger numbers are no times, counts or rates of this world; nor are smaller ones, but for zero. */
const [NUMBER_MIN, NUMBER_MAX] = [1e-9, 1e18];

/** A run as JSON: what is downloaded, and what `labRunFromFile` reads. */
export function labRunToJson(run: LabRun): string {
  const results = run.results.map((result) =>
    result.kind === 'failed' ? { ...result, why: result.why.slice(0, WHY_CHARS_MAX) } : result,
  );
  const label = run.label.slice(0, DEVICE_LABEL_CHARS_MAX);
  return JSON.stringify({ version: VERSION, ...run, label, results }, numberAsText);
}

/** The part of an address behind "#" that holds a run. */
export function labRunToHash(run: LabRun): string {
  return `run=${encodeBase64url(new TextEncoder().encode(labRunToJson(run)))}`;
}

/** Whether the part of an address behind "#" claims to hold a run. */
export function holdsLabRun(hash: string): boolean {
  return /^#?run=/.test(hash);
}

/**
 * The run that an address holds. Whoever made the address controls it, and what it says is a claim.
 *
 * Errors: input_malformed, limit_exceeded.
 */
export function labRunFromHash(hash: string): Outcome<LabRun> {
  if (hash.length > LAB_LINK_CHARS_MAX) {
    const text = `the address is longer than ${LAB_LINK_CHARS_MAX} characters`;
    return fail(failure('limit_exceeded', `${text}: ask for the JSON instead`));
  }
  const bytes = decodeBase64url(hash.replace(/^#?run=/, ''));
  return bytes === null ? malformed('link', 'it is no base64url') : runFrom(bytes, 'link');
}

/**
 * The run that a file holds, which was downloaded from a Lab, or was not.
 *
 * Limits: at most LAB_LINK_CHARS_MAX bytes, as whoever opens it holds.
 * Errors: input_malformed.
 */
export function labRunFromFile(bytes: Uint8Array): Outcome<LabRun> {
  return runFrom(bytes, 'file');
}

function runFrom(bytes: Uint8Array, what: 'link' | 'file'): Outcome<LabRun> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return succeed(runOf(JSON.parse(text)));
  } catch (cause) {
    return malformed(what, cause instanceof Error ? cause.message : 'it is no JSON');
  }
}

function malformed(what: 'link' | 'file', why: string): Outcome<never> {
  const text = `this ${what} holds no result of the Lab (${why.slice(0, WHY_CHARS_MAX)})`;
  return fail(failure('input_malformed', `${text}: ask whoever sent it for another`));
}

/** JSON has no NaN and no infinities, which wrong results have. */
function numberAsText(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

// What follows throws where something is not as it should be.

function runOf(value: unknown): LabRun {
  const of = recordOf(value);
  if (of['version'] !== VERSION) throw new Error(`it is not of version ${VERSION}`);
  const operator = OPERATORS.find((name) => name === of['operator']);
  if (operator === undefined) throw new Error('it names no operator that is known here');
  const results = listOf(of['results'], CONTENDERS.length).map(resultOf);
  const contenders = new Set(results.map(({ contender }) => contender));
  if (contenders.size < results.length) throw new Error('it has two results of one contender');
  return {
    operator,
    size: sizeOf(operator, of['size']),
    label: textOf(of['label'], DEVICE_LABEL_CHARS_MAX),
    madeAtMs: countOf(of['madeAtMs']),
    ceilings: of['ceilings'] === null ? null : ceilingsOf(of['ceilings']),
    // Results of before a GPU's were measured have none.
    gpuCeilings: (of['gpuCeilings'] ?? null) === null ? null : ceilingsOf(of['gpuCeilings']),
    results,
  };
}

/** One of those that the Lab has: "Run it here" runs no other, which could take all memory. */
function sizeOf(operator: OperatorName, value: unknown): Shape {
  const words = listOf(value, 3)
    .map((one) => countOf(one))
    .join();
  const size = trialSizes(operator).find((one) => one.join() === words);
  if (size === undefined) throw new Error('its size is none that the Lab has');
  return size;
}

function ceilingsOf(value: unknown): Ceilings {
  const of = recordOf(value);
  return {
    floatsPerSecond: positiveOf(of['floatsPerSecond']),
    bytesPerSecond: positiveOf(of['bytesPerSecond']),
    memoryPerSecond: positiveOf(of['memoryPerSecond']),
    copyPerSecond: positiveOf(of['copyPerSecond']),
  };
}

function resultOf(value: unknown): LabResult {
  const of = recordOf(value);
  const contender = CONTENDERS.find((name) => name === of['contender']);
  if (contender === undefined) throw new Error('it names an unknown contender');
  if (of['kind'] === 'failed') {
    return { contender, kind: 'failed', why: textOf(of['why'], WHY_CHARS_MAX) };
  }
  const { isRight, share } = of;
  if (of['kind'] !== 'ran' || typeof isRight !== 'boolean') throw new Error('no result');
  return {
    ...{ contender, kind: 'ran', isRight },
    share: share === null ? null : numberOf(share, { least: 0 }),
    worst: of['worst'] === null ? null : worstOf(of['worst']),
    medianMs: positiveOf(of['medianMs']),
    leastMs: numberOf(of['leastMs'], { least: 0 }),
    mostMs: positiveOf(of['mostMs']),
    runs: countOf(of['runs']),
    operations: positiveOf(of['operations']),
    bytes: positiveOf(of['bytes']),
  };
}

function worstOf(value: unknown): WrongElement {
  const of = recordOf(value);
  return {
    at: listOf(of['at'], 4).map((one) => countOf(one)),
    actual: anyNumberOf(of['actual']),
    expected: anyNumberOf(of['expected']),
    allowed: anyNumberOf(of['allowed']),
  };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('a part is no object');
  }
  // An object that is no list has names.
  return value as Record<string, unknown>;
}

function listOf(value: unknown, most: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > most) throw new Error('a list is none, or too long');
  return value;
}

function textOf(value: unknown, most: number): string {
  if (typeof value !== 'string' || value.length > most) throw new Error('a text is none');
  return value;
}

function numberOf(value: unknown, { least }: { readonly least: number }): number {
  const isNumber = typeof value === 'number' && value >= least && value <= NUMBER_MAX;
  if (!isNumber) throw new Error('a number is none, or out of bounds');
  return value;
}

function positiveOf(value: unknown): number {
  const number = numberOf(value, { least: 0 });
  if (number < NUMBER_MIN) throw new Error('a number is zero that cannot be, or near it');
  return number;
}

function countOf(value: unknown): number {
  const number = numberOf(value, { least: 0 });
  if (!Number.isSafeInteger(number)) throw new Error('a count is not whole');
  return number;
}

function anyNumberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  throw new Error('a number is none');
}
