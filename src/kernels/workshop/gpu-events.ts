/** What a GPU took for one program of a node. `name`: "node&operator&program". Microseconds. */
export type GpuEvent = { readonly name: string; readonly ts: number; readonly dur: number };

/**
 * What the GPU took for each node in each run but the first, by the node's name. Milliseconds.
 *
 * Its clock is not that of the runs, so that events are told apart by their order alone: each run has
 * the same programs, and the first one may have more of them, which prepare weights.
 */
export function gpuTimesMs(
  events: readonly GpuEvent[],
  runCount: number,
): ReadonlyMap<string, readonly number[]> {
  const perProgram = new Map<string, number[]>();
  for (const { name, dur } of events.toSorted((a, b) => a.ts - b.ts)) {
    const durations = perProgram.get(name) ?? [];
    durations.push(dur);
    perProgram.set(name, durations);
  }
  const perNode = new Map<string, number[]>();
  for (const [name, durations] of perProgram) {
    const perRun = Math.floor(durations.length / runCount);
    // Only the first run had it.
    if (perRun === 0) continue;
    const node = name.split('&')[0] ?? name;
    const sums = perNode.get(node) ?? Array.from({ length: runCount - 1 }, () => 0);
    const counted = durations.slice(durations.length - perRun * (runCount - 1));
    for (const [index, us] of counted.entries()) {
      const run = Math.floor(index / perRun);
      sums[run] = (sums[run] ?? 0) + us / 1000;
    }
    perNode.set(node, sums);
  }
  return perNode;
}
