import type { Ceilings, Contender } from '../../agent/browser/workshop.ts';
import type { OperatorName } from '../../domain/operator.ts';
import { gigaOperations, isOfBytes, type LabRun } from './lab-run.ts';

// The roofline model: Williams, Waterman and Patterson 2009. What runs reaches at most the lower of
// the ceiling of a processor and of what its memory delivers, times the operations for each byte.

/** A chart in units of the axes: operations a byte, and 1e9 operations a second. */
export type Roofline = {
  readonly x: Scale;
  readonly y: Scale;
  /** Of what was measured. */
  readonly roofs: readonly Roof[];
  readonly points: readonly (Point & { readonly contender: Contender })[];
};

/** The most that one core, or the GPU, can do, from left to right. */
export type Roof = { readonly of: 'core' | 'gpu'; readonly line: readonly Point[] };

export type Point = { readonly x: number; readonly y: number };

/** A logarithmic scale between powers of ten. */
export type Scale = {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
};

/** The chart of a run; null where nothing ran. */
export function rooflineOf({ operator, ceilings, gpuCeilings, results }: LabRun): Roofline | null {
  const points = results.flatMap((result) => {
    if (result.kind !== 'ran') return [];
    const { operations, bytes, contender } = result;
    return [{ contender, x: operations / bytes, y: gigaOperations(result) }];
  });
  const [first] = points;
  if (first === undefined) return null;
  const bounds = [
    ...(ceilings === null ? [] : [boundsOf('core', { ceilings, operator })]),
    ...(gpuCeilings === null ? [] : [boundsOf('gpu', { ceilings: gpuCeilings, operator })]),
  ];
  const x = scaleOf([first.x, ...bounds.map(({ ridge }) => ridge)]);
  const y = scaleOf([...points.map((point) => point.y), ...bounds.map(({ peak }) => peak)]);
  return { x, y, roofs: bounds.map((bound) => roofIn({ x, y }, bound)), points };
}

/** 1e9 operations and 1e9 bytes a second, and where memory is no longer what holds it up. */
type Bounds = {
  readonly of: Roof['of'];
  readonly peak: number;
  readonly memory: number;
  readonly ridge: number;
};

function boundsOf(
  of: Roof['of'],
  { ceilings, operator }: { readonly ceilings: Ceilings; readonly operator: OperatorName },
): Bounds {
  const [peak, memory] = [peakOf(ceilings, operator) / 1e9, mostOfMemory(ceilings) / 1e9];
  return { of, peak, memory, ridge: peak / memory };
}

function roofIn({ x, y }: Pick<Roofline, 'x' | 'y'>, { of, peak, memory, ridge }: Bounds): Roof {
  // What is below the chart begins where the slope enters it.
  const left = Math.max(x.from, y.from / memory);
  const inside = [left, ...(ridge > left && ridge < x.to ? [ridge] : []), x.to];
  return { of, line: inside.map((at) => ({ x: at, y: Math.min(peak, at * memory) })) };
}

/** Where a value is on a scale, from 0 to 1. */
export function placeOn({ from, to }: Scale, value: number): number {
  return Math.log(value / from) / Math.log(to / from);
}

/** Operations a second of the kind that an operator has, in registers. */
export function peakOf(
  { floatsPerSecond, bytesPerSecond }: Ceilings,
  operator: OperatorName,
): number {
  return isOfBytes(operator) ? bytesPerSecond : floatsPerSecond;
}

/** What memory gives at most: on some processors when it is read alone, on others when copied. */
function mostOfMemory({ memoryPerSecond, copyPerSecond }: Ceilings): number {
  return Math.max(memoryPerSecond, copyPerSecond);
}

function scaleOf(values: readonly number[]): Scale {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values) * 1.2)));
  const ticks = Array.from({ length: high - low + 1 }, (_, step) => 10 ** (low + step));
  return { from: 10 ** low, to: 10 ** high, ticks };
}
