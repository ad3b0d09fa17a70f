import { gpuTimesMs } from './gpu-events.ts';
import { median } from './median.ts';

/** A node that ONNX Runtime ran, after it joined and rewrote those of the model. */
export type TracedNode = {
  /** As ONNX Runtime names it: the model's, or made from it. */
  readonly name: string;
  readonly operator: string;
  /** Types and shapes, for people: "float [1,8,28,28]". */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** What took the time: on WebGPU, a node that has no program there is the CPU's. */
  readonly on: 'cpu' | 'gpu';
  /** The median of the runs, without what nodes within it took. Milliseconds. */
  readonly ms: number;
};

/** What a profile tells of the runs that count. */
export type Profile = {
  /** In the order in which they ran first. */
  readonly nodes: readonly TracedNode[];
  /** Each run as a whole, and all nodes in it together. Milliseconds. */
  readonly runsMs: readonly number[];
  readonly nodesMs: readonly number[];
};

type ProfileEvent = {
  readonly cat: string;
  readonly name: string;
  /** Microseconds, as of the session's start. */
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, unknown>>;
};

const KERNEL_SUFFIX = '_kernel_time';

/**
 * Reads a profile of ONNX Runtime; the first run, which warms up, is left out.
 *
 * Where the GPU tells what its programs took, that is a node's time, not what it took to submit them.
 * Names come from a model, unescaped: a line that does not parse is left out, and then missing in
 * the sum of the nodes. Nodes within nodes (the body of an If) are counted once.
 */
export function readProfile(text: string): Profile {
  const events = text.split('\n').flatMap((line) => eventOf(line) ?? []);
  const all = events.filter(({ cat, name }) => cat === 'Session' && name === 'model_run');
  const runs = all.slice(1);
  const onGpu = gpuTimesMs(
    events.filter(({ cat }) => cat === 'Api'),
    all.length,
  );
  const kernels = events
    .filter(({ cat, name }) => cat === 'Node' && name.endsWith(KERNEL_SUFFIX))
    .toSorted((a, b) => a.ts - b.ts || b.dur - a.dur);
  const perNode = new Map<string, { readonly event: ProfileEvent; readonly runsMs: number[] }>();
  const nodesMs = runs.map((run, runIndex) => {
    const within = kernels.filter(({ ts }) => ts >= run.ts && ts <= run.ts + run.dur);
    const own = ownTimesUs(within);
    const inRun = new Map<string, number>();
    let sumMs = sumAt(onGpu, runIndex);
    for (const [index, event] of within.entries()) {
      if (!onGpu.has(nameOf(event))) sumMs += (own[index] ?? 0) / 1000;
      const key = `${String(event.args['node_index'])}/${event.name}`;
      inRun.set(key, (inRun.get(key) ?? 0) + (own[index] ?? 0));
      if (!perNode.has(key)) perNode.set(key, { event, runsMs: [] });
    }
    for (const [key, us] of inRun) perNode.get(key)?.runsMs.push(us / 1000);
    return sumMs;
  });
  return {
    nodes: [...perNode.values()].map(({ event, runsMs }) => {
      const gpuMs = onGpu.get(nameOf(event));
      return { ...nodeOf(event), on: gpuMs ? 'gpu' : 'cpu', ms: median(gpuMs ?? runsMs) };
    }),
    runsMs: runs.map(({ dur }) => dur / 1000),
    nodesMs,
  };
}

/** Each event's duration without that of the events within it; sorted by their beginning. */
function ownTimesUs(events: readonly ProfileEvent[]): readonly number[] {
  const own = events.map(({ dur }) => dur);
  const open: number[] = [];
  for (const [index, { ts, dur }] of events.entries()) {
    while (open.length > 0 && endOf(events[open.at(-1) ?? 0]) < ts + dur) open.pop();
    const around = open.at(-1);
    if (around !== undefined) own[around] = (own[around] ?? 0) - dur;
    open.push(index);
  }
  return own.map((us) => Math.max(0, us));
}

function endOf(event: ProfileEvent | undefined): number {
  return event === undefined ? -Infinity : event.ts + event.dur;
}

function sumAt(perNode: ReadonlyMap<string, readonly number[]>, runIndex: number): number {
  return [...perNode.values()].reduce((sum, runsMs) => sum + (runsMs[runIndex] ?? 0), 0);
}

function nameOf({ name }: ProfileEvent): string {
  return name.slice(0, -KERNEL_SUFFIX.length);
}

function nodeOf(event: ProfileEvent): Omit<TracedNode, 'on' | 'ms'> {
  const { args } = event;
  return {
    name: nameOf(event),
    operator: String(args['op_name']),
    inputs: signatures(args['input_type_shape']),
    outputs: signatures(args['output_type_shape']),
  };
}

/** [{"float":[1,10]}] as ["float [1,10]"]. */
function signatures(list: unknown): readonly string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((one: unknown) => {
    if (!isRecord(one)) return [];
    return Object.entries(one).map(([type, shape]) => `${type} [${String(shape)}]`);
  });
}

function eventOf(line: string): ProfileEvent | null {
  const text = line.trim().replace(/,$/, '');
  if (!text.startsWith('{')) return null;
  try {
    const event: unknown = JSON.parse(text);
    if (!isRecord(event)) return null;
    const { cat, name, ts, dur, args } = event;
    if (typeof cat !== 'string' || typeof name !== 'string') return null;
    if (typeof ts !== 'number' || typeof dur !== 'number') return null;
    return { cat, name, ts, dur, args: isRecord(args) ? args : {} };
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
