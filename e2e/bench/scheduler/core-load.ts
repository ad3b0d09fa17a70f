// One measurement of the core in a process of its own, whose heap and machine code are fresh:
// `node core-load.ts AGENTS OPEN_TASKS LIFECYCLES`. Prints one JSON object.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { GrantedLease } from '../../../src/scheduler/index.ts';
import { CoreWorld } from './core-world.ts';
import { fifoPerSecond } from './fifo.ts';

/** What one process measured. */
export type CoreRun = {
  readonly lifecyclesPerSecond: number;
  /** The same flow through a queue without any rule. */
  readonly fifoPerSecond: number;
  readonly bytesPerAgent: number;
  readonly bytesPerTask: number;
  /** Of single events, by kind. Microseconds. */
  readonly p999Us: Readonly<Record<string, number>>;
  readonly maxUs: number;
};

const BATCH_MAX = 64;

if (import.meta.filename === process.argv[1]) {
  const [agents = 0, open = 0, lifecycles = 0] = process.argv.slice(2).map(Number);
  process.stdout.write(JSON.stringify(measure({ agents, open, lifecycles })));
}

function measure(of: { agents: number; open: number; lifecycles: number }): CoreRun {
  const { agents, open, lifecycles } = of;
  const perAgent = Math.max(1, Math.floor(open / agents));
  const batch = Math.min(BATCH_MAX, perAgent);
  const world = new CoreWorld();
  const empty = usedBytes();
  world.join(agents);
  const joined = usedBytes();
  world.fill();
  const held: GrantedLease[][] = Array.from({ length: agents }, () => []);
  const before = usedBytes();
  // The bench's own memory of leases is not the scheduler's: it is taken anew below.
  for (let agent = 0; agent < agents; agent++) {
    for (let left = perAgent; left > 0; left -= batch) world.lease(agent, Math.min(batch, left));
  }
  const leased = usedBytes();
  returnAll(world, agents);
  for (let agent = 0; agent < agents; agent++) {
    const own = held[agent] ?? [];
    while (own.length < perAgent)
      own.push(...world.lease(agent, Math.min(batch, perAgent - own.length)));
  }
  const turn = (agent: number): number => {
    const own = held[agent] ?? [];
    const done = own.splice(0, batch);
    world.accept(world.report(agent, done));
    own.push(...world.lease(agent, done.length));
    world.atMs += 0.01;
    return done.length;
  };
  let next = 0;
  const run = (count: number): number => {
    const startedAtMs = performance.now();
    for (let finished = 0; finished < count; next++) finished += turn(next % agents);
    return performance.now() - startedAtMs;
  };
  run(lifecycles / 4);
  const ms = run(lifecycles);
  return {
    lifecyclesPerSecond: (1_000 * lifecycles) / ms,
    fifoPerSecond: fifoPerSecond({ open, batch, lifecycles }),
    bytesPerAgent: (joined - empty) / agents,
    bytesPerTask: (leased - before) / (perAgent * agents),
    ...eventTimes(world, { held, batch, count: Math.min(lifecycles, 400_000), from: next }),
  };
}

/** Hands everything back, so that what is leased next is known to the bench. */
function returnAll(world: CoreWorld, agents: number): void {
  for (let agent = 0; agent < agents; agent++) {
    world.send({ kind: 'agent-left', session: world.session(agent) });
  }
  world.join(agents);
}

function eventTimes(
  world: CoreWorld,
  of: { held: GrantedLease[][]; batch: number; count: number; from: number },
): Pick<CoreRun, 'p999Us' | 'maxUs'> {
  const times: Record<string, number[]> = {
    report: [],
    judged: [],
    lease: [],
    heartbeat: [],
    tick: [],
  };
  const timed = <T>(kind: string, act: () => T): T => {
    const startedAtMs = performance.now();
    const value = act();
    times[kind]?.push((performance.now() - startedAtMs) * 1_000);
    return value;
  };
  const agents = of.held.length;
  for (let finished = 0, next = of.from; finished < of.count; next++) {
    const agent = next % agents;
    const own = of.held[agent] ?? [];
    const leases = own.map(({ lease }) => lease).slice(0, of.batch);
    const session = world.session(agent);
    timed('heartbeat', () => world.send({ kind: 'heartbeat', session, leases }));
    const done = own.splice(0, of.batch);
    const checks = timed('report', () => world.report(agent, done));
    timed('judged', () => world.accept(checks));
    own.push(...timed('lease', () => world.lease(agent, done.length)));
    timed('tick', () => world.send({ kind: 'tick' }));
    finished += done.length;
    world.atMs += 0.01;
  }
  const p999Us: Record<string, number> = {};
  let maxUs = 0;
  for (const [kind, values] of Object.entries(times)) {
    values.sort((a, b) => a - b);
    p999Us[kind] = values[Math.floor(values.length * 0.999)] ?? 0;
    maxUs = Math.max(maxUs, values.at(-1) ?? 0);
  }
  return { p999Us, maxUs };
}

/** Of objects and of array buffers, garbage collected. Bytes. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
