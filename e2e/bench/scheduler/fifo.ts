/**
 * What the flow costs without a scheduler: a queue of tasks, a map of leases, and an object handed
 * over at each of the three steps; no agents, no jobs, no deadlines, no rules.
 */
export function fifoPerSecond(of: { open: number; batch: number; lifecycles: number }): number {
  const { open, batch, lifecycles } = of;
  const leases = new Map<number, { readonly row: number; readonly atMs: number }>();
  let row = 0;
  const take = (count: number): number[] => {
    const taken: number[] = [];
    for (; taken.length < count; row++) {
      leases.set(row, { row, atMs: row });
      taken.push(row);
    }
    return taken;
  };
  const holders: number[][] = [];
  for (let held = 0; held < open; held += batch) holders.push(take(batch));
  const accepted = new Float64Array(open + lifecycles * 2 + batch);
  let finished = 0;
  const run = (count: number): number => {
    const startedAtMs = performance.now();
    for (let at = 0, done = 0; done < count; at = (at + 1) % holders.length) {
      const checks = (holders[at] ?? []).map((lease) => ({ lease, task: leases.get(lease) }));
      for (const { lease, task } of checks) {
        accepted[finished++] = task?.row ?? 0;
        leases.delete(lease);
      }
      holders[at] = take(checks.length);
      done += checks.length;
    }
    return performance.now() - startedAtMs;
  };
  run(lifecycles / 4);
  return (1_000 * lifecycles) / run(lifecycles);
}
