/** One measured figure: the median of several runs, beside a peer or a limit of the same runs. */
export type Figure = {
  readonly suite: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** Size of the work and the machine's share: "1024^3, one core". */
  readonly work: string;
  readonly ours: number;
  readonly peer: string;
  readonly peerValue: number;
  readonly runs: number;
  /** Minimum and maximum of `value` over the runs. */
  readonly spread: readonly [number, number];
  /** The goal that the project set itself. */
  readonly goal?: string;
};

/** A figure whose peer or tools cannot be had here. */
export type Skipped = { readonly suite: string; readonly name: string; readonly skipped: string };

export type Line = Figure | Skipped;

/** One suite: measurements that share nothing, each giving one line or several. */
export type Suite = {
  readonly name: string;
  readonly measurements: readonly (() => Promise<readonly Line[]>)[];
  /** Writes what was measured in this process into the docs; returns the file's path. */
  readonly writeDocs?: () => Promise<string>;
};

/** The middle value; of an even number of values, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) throw new Error('a median needs a value');
  const lower = sorted[middle - 1];
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2;
}

/** Three significant digits: what the machine's noise leaves. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** What one run measured. */
export type Run = { readonly value: number; readonly ours: number; readonly peer: number };

/** Makes a figure out of runs that each measured ours and the peer. */
export function figureOf(
  about: Omit<Figure, 'value' | 'ours' | 'peerValue' | 'runs' | 'spread'>,
  runs: readonly Run[],
): Figure {
  const values = runs.map((run) => run.value);
  return {
    ...about,
    value: rounded(median(values)),
    ours: rounded(median(runs.map((run) => run.ours))),
    peerValue: rounded(median(runs.map((run) => run.peer))),
    runs: runs.length,
    spread: [rounded(Math.min(...values)), rounded(Math.max(...values))],
  };
}
