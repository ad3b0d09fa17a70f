import type { Engine } from './engine.ts';
import type { Entry } from './entry.ts';
import { openProcessor, type Processor, type Supposition } from './processor.ts';

/** Where a row stands among others by its number, under the rule that ran and under another. */
export type Move = {
  readonly key: string;
  readonly before: number | null;
  readonly after: number | null;
  /** From 1; null: not there. Equal numbers share a place. */
  readonly placeBefore: number | null;
  readonly placeAfter: number | null;
};

/**
 * Runs another source for one function over the same entries, and says which rows change place.
 *
 * For whoever votes on an upgrade: the numbers under a prefix, say `total/`, as they are and as
 * they would be had the other source run from the beginning. Largest move first.
 */
export async function whatIf(
  engine: Engine,
  of: {
    readonly entries: readonly Entry[];
    readonly suppose: Supposition;
    readonly prefix: string;
  },
): Promise<readonly Move[]> {
  const { suppose, entries, prefix } = of;
  const before = await numbersAfter(openProcessor(engine), { entries, prefix, suppose });
  const supposed = openProcessor(engine, { suppose });
  const after = await numbersAfter(supposed, { entries, prefix, suppose });
  const placesBefore = placesOf(before);
  const placesAfter = placesOf(after);
  const moves = [...new Set([...before.keys(), ...after.keys()])].map((key) => ({
    key,
    before: before.get(key) ?? null,
    after: after.get(key) ?? null,
    placeBefore: placesBefore.get(key) ?? null,
    placeAfter: placesAfter.get(key) ?? null,
  }));
  return moves
    .filter(({ placeBefore, placeAfter }) => placeBefore !== placeAfter)
    .sort((left, right) => distanceOf(right) - distanceOf(left) || compare(left.key, right.key));
}

async function numbersAfter(
  processor: Processor,
  of: {
    readonly entries: readonly Entry[];
    readonly prefix: string;
    readonly suppose: Supposition;
  },
): Promise<ReadonlyMap<string, number>> {
  try {
    await processor.apply(of.entries);
    const rows = processor.list({
      function: of.suppose.function,
      prefix: of.prefix,
      limit: Infinity,
    });
    const numbers = new Map<string, number>();
    for (const [key, value] of rows) if (typeof value === 'number') numbers.set(key, value);
    return numbers;
  } finally {
    processor.dispose();
  }
}

function placesOf(numbers: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  let place = 0;
  let last: number | null = null;
  const rows = [...numbers].sort(([, left], [, right]) => right - left);
  for (const [at, [key, number]] of rows.entries()) {
    if (number !== last) place = at + 1;
    last = number;
    places.set(key, place);
  }
  return places;
}

/** A row that is not there stands behind all others. */
function distanceOf({ placeBefore, placeAfter }: Move): number {
  return Math.abs((placeBefore ?? 1e9) - (placeAfter ?? 1e9));
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
