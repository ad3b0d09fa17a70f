import type { ConformanceReport } from '../domain/capability.ts';
import { crowdSize, type KernelTime } from '../domain/crowd-test.ts';
import type { Trial } from '../kernels/index.ts';
// File by file: a command line that only asks for help does not load the kernels.
import { median } from '../kernels/workshop/median.ts';
import { elementWords } from '../kernels/wrong-elements.ts';

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
  const ms = median(runsMs);
  const perSecond = (count: number): string => threeDigits(count / ms / 1e6);
  const numbers = [threeDigits(ms), perSecond(operations), perSecond(bytes)];
  return columns([backend, operator, size.join(' x ')], numbers, verdictWords(trial));
}

/** How long an operator took at the size that crowd tests have. */
export function crowdTimeLine({ operator, backend, medianUs }: KernelTime): string {
  const [on, of] = [backend.padEnd(BACKEND_COLUMNS), operator.padEnd(OPERATOR_COLUMNS)];
  return `time   ${on} ${of} ${threeDigits(medianUs / 1000)} ms at ${crowdSize(operator).join(' x ')}`;
}

function verdictWords({ held }: Trial): string {
  if (held.kind === 'right') {
    const { share } = held;
    return share === 0 ? 'yes, exactly' : `yes, largest error ${threeDigits(share)} of tolerance`;
  }
  return `NO: ${elementWords(held.worst)}`;
}

function columns(names: readonly string[], numbers: readonly string[], last: string): string {
  const widths = [BACKEND_COLUMNS, OPERATOR_COLUMNS, SIZE_COLUMNS];
  const left = names.map((name, index) => name.padEnd(widths[index] ?? 0)).join(' ');
  const right = numbers.map((number) => number.padStart(NUMBER_COLUMNS)).join('');
  return `${left}${right}  ${last}`;
}

/** Three digits that count. */
export function threeDigits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
