import {
  median,
  type Ceilings,
  type Contender,
  type Trial,
  type WrongElement,
} from '../../agent/browser/workshop.ts';
import type { OperatorName } from '../../domain/operator.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { Shape } from '../../domain/tensor.ts';

/** One operator at one size, on whatever one device has: what is shown, and what is shared. */
export type LabRun = {
  readonly operator: OperatorName;
  readonly size: Shape;
  /** Free text: "Chromium 156, Linux". */
  readonly label: string;
  readonly madeAtMs: number;
  /** Of one core; null where they could not be measured. */
  readonly ceilings: Ceilings | null;
  /** Of the GPU; null where they could not be measured, or nothing was asked of it. */
  readonly gpuCeilings: Ceilings | null;
  readonly results: readonly LabResult[];
};

export type LabResult = { readonly contender: Contender } & (
  | LabTimes
  | { readonly kind: 'failed'; readonly why: string }
);

export type LabTimes = {
  readonly kind: 'ran';
  readonly isRight: boolean;
  /** The largest error over what is allowed; null where the worst is no number. */
  readonly share: number | null;
  /** Where it is; null where every element is exact. */
  readonly worst: WrongElement | null;
  readonly medianMs: number;
  readonly leastMs: number;
  readonly mostMs: number;
  readonly runs: number;
  /** Sums and products. */
  readonly operations: number;
  /** Of operands and result. */
  readonly bytes: number;
};

/** What came of one contender. */
export function resultOf(contender: Contender, outcome: Outcome<Trial>): LabResult {
  if (!outcome.ok) return { contender, kind: 'failed', why: outcome.failure.message };
  const { held, runsMs, runCount, operations, bytes } = outcome.value;
  return {
    contender,
    kind: 'ran',
    isRight: held.kind === 'right',
    share: held.kind === 'right' ? held.share : shareOf(held.worst),
    worst: held.worst,
    medianMs: median(runsMs),
    leastMs: Math.min(...runsMs),
    mostMs: Math.max(...runsMs),
    runs: runCount,
    operations,
    bytes,
  };
}

/** Whether an operator multiplies bytes. */
export function isOfBytes(operator: OperatorName): boolean {
  return operator === 'qmatmul' || operator === 'qlinear';
}

/** What 1e9 of an operator's operations a second are called: some move or compare numbers alone. */
export function rateUnit(operator: OperatorName): 'GOP/s' | 'GFLOP/s' {
  return isOfBytes(operator) || WITHOUT_ARITHMETIC.has(operator) ? 'GOP/s' : 'GFLOP/s';
}

const WITHOUT_ARITHMETIC: ReadonlySet<OperatorName> = new Set([
  ...(['max', 'min', 'reduce-max', 'relu'] as const),
  ...(['transpose', 'gather', 'argmax', 'top-k'] as const),
]);

/** Operations a second, in units of 1e9. */
export function gigaOperations({ operations, medianMs }: LabTimes): number {
  return operations / medianMs / 1e6;
}

/** Bytes a second, in units of 1e9. */
export function gigaBytes({ bytes, medianMs }: LabTimes): number {
  return bytes / medianMs / 1e6;
}

function shareOf({ actual, expected, allowed }: WrongElement): number | null {
  const share = Math.abs(actual - expected) / allowed;
  return Number.isFinite(share) ? share : null;
}
