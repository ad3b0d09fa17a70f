import type { ConformanceReport } from '../domain/capability.ts';
import type { Trial } from '../kernels/index.ts';

const [BACKEND_COLUMNS, OPERATOR_COLUMNS, SIZE_COLUMNS, NUMBER_COLUMNS] = [8, 13, 20, 10];

/** One operator's vectors on one backend. */
export function reportLine({ primitive, backend, passed, detail }: ConformanceReport): string {
  const verdict = passed ? 'right' : 'WRONG';
  const [on, of] = [backend.padEnd(BACKEND_COLUMNS), primitive.padEnd(OPERATOR_COLUMNS)];
  return `${verdict}  ${on} ${of} ${detail}`;
}

/** The head of `trialLine`. */
export function trialHead(): string {
  return columns(['BACKEND', 'OPERATOR', 'SIZE'], ['MS', 'GOP/S', 'GB/S'], 'RIGHT');
}

/** One operator at one size on one backend. */
export function trialLine(trial: Trial): string {
  const { backend, operator, size, runsMs, operations, bytes } = trial;
  const ms = middle(runsMs);
  const perSecond = (count: number): string => short(count / ms / 1e6);
  const numbers = [short(ms), perSecond(operations), perSecond(bytes)];
  return columns([backend, operator, size.join(' x ')], numbers, verdictWords(trial));
}

function verdictWords({ comparison }: Trial): string {
  if (comparison.kind === 'equal') {
    const { worst } = comparison;
    return worst === 0 ? 'yes, exactly' : `yes, largest error ${short(worst)} of tolerance`;
  }
  const { index, actual, expected, allowed } = comparison;
  return `NO: element ${index} is ${actual}, not ${expected} +- ${allowed}`;
}

function columns(names: readonly string[], numbers: readonly string[], last: string): string {
  const widths = [BACKEND_COLUMNS, OPERATOR_COLUMNS, SIZE_COLUMNS];
  const left = names.map((name, index) => name.padEnd(widths[index] ?? 0)).join(' ');
  const right = numbers.map((number) => number.padStart(NUMBER_COLUMNS)).join('');
  return `${left}${right}  ${last}`;
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** Three digits that count. */
function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
