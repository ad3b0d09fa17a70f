import { canPin, Program } from '../../network/processes.ts';
import { figureOf, rounded, type Line, type Run } from '../figure.ts';
import type { CoreRun } from './core-load.ts';

const RUNS = 3;
const LIFECYCLES = 1_000_000;
const CORE = canPin() ? { core: 1 } : {};
const PEER = 'a queue and a map of leases, without agents, jobs, deadlines or any rule';

type Size = { readonly agents: number; readonly open: number };

const SMALL: Size = { agents: 1_000, open: 64_000 };
const LARGE: Size = { agents: 100_000, open: 1_000_000 };
/** What lies between and around: the curve, once each. */
const CURVE: readonly Size[] = [
  { agents: 100, open: 6_400 },
  { agents: 1_000, open: 10_000 },
  { agents: 10_000, open: 100_000 },
  { agents: 10_000, open: 640_000 },
  { agents: 100_000, open: 300_000 },
];

/** The core alone, one process each: task lifecycles a second, memory, and single events. */
export async function coreAlone(): Promise<readonly Line[]> {
  const small: CoreRun[] = [];
  const large: CoreRun[] = [];
  while (small.length < RUNS) {
    small.push(await measured(SMALL));
    large.push(await measured(LARGE));
  }
  const lines: Line[] = [
    lifecycles('core-lifecycles-per-second-1k', { size: SMALL, goal: '>= 1000000' }, small),
    lifecycles('core-lifecycles-per-second-100k', { size: LARGE, goal: '>= half of 1k' }, large),
    memory('bytes-per-task', { goal: '<= 300', of: 'a task that is with an agent' }, large),
    memory('bytes-per-agent', { goal: '<= 1024', of: 'an agent that is present' }, large),
    slowest(large),
  ];
  for (const size of CURVE) {
    const name = `core-growth-${size.agents}-agents-${size.open}-tasks`;
    lines.push(lifecycles(name, { size }, [await measured(size)]));
  }
  return lines;
}

async function measured({ agents, open }: Size): Promise<CoreRun> {
  const script = new URL('core-load.ts', import.meta.url).pathname;
  const program = new Program([agents, open, LIFECYCLES].map(String), { script, ...CORE });
  await program.ended;
  try {
    // Printed by that script.
    return JSON.parse(program.stdout) as CoreRun;
  } catch {
    throw new Error(`the core measured nothing:\n${program.stderr}`);
  }
}

function workOf({ agents, open }: Size): string {
  const batch = Math.min(64, Math.floor(open / agents));
  const held = `${open} tasks with ${agents} agents, 10 jobs`;
  return `lease, report, verdict of ${LIFECYCLES} tasks, ${batch} a call; ${held}; one core`;
}

function lifecycles(
  name: string,
  of: { readonly size: Size; readonly goal?: string },
  runs: readonly CoreRun[],
): Line {
  const about = {
    suite: 'scheduler',
    name,
    unit: 'lifecycles/s',
    better: 'higher',
    work: workOf(of.size),
    peer: PEER,
    ...(of.goal !== undefined && { goal: of.goal }),
  } as const;
  const pairs = runs.map(({ lifecyclesPerSecond: ours, fifoPerSecond: peer }): Run => {
    return { value: ours, ours, peer };
  });
  return figureOf(about, pairs);
}

function memory(
  name: 'bytes-per-task' | 'bytes-per-agent',
  about: { readonly goal: string; readonly of: string },
  runs: readonly CoreRun[],
): Line {
  const values = runs.map((run) =>
    name === 'bytes-per-task' ? run.bytesPerTask : run.bytesPerAgent,
  );
  // A record of a task and one of its lease, of which nothing could be left out; an id and a session.
  const least = name === 'bytes-per-task' ? 96 + 56 : 43 + 51;
  const peer = name === 'bytes-per-task' ? 'the two records alone' : 'its two ids alone';
  return figureOf(
    {
      suite: 'scheduler',
      name,
      unit: 'B',
      better: 'lower',
      work: `heap and buffers, collected, for ${about.of}; ${workOf(LARGE)}`,
      peer,
      goal: about.goal,
    },
    values.map((ours) => ({ value: ours, ours, peer: least })),
  );
}

/** The kind of event whose slowest thousandth is slowest. */
function slowest(runs: readonly CoreRun[]): Line {
  const kinds = Object.keys(runs[0]?.p999Us ?? {});
  const worst = Math.max(...runs.map(({ maxUs }) => maxUs));
  const at = runs.map(({ p999Us }) => Math.max(...Object.values(p999Us)));
  const each = kinds.map((kind) => {
    return `${kind} ${rounded(Math.max(...runs.map(({ p999Us }) => p999Us[kind] ?? 0)))}`;
  });
  return figureOf(
    {
      suite: 'scheduler',
      name: 'event-p999-us',
      unit: 'us',
      better: 'lower',
      work: `worst kind of event (${each.join(', ')}), longest of all ${rounded(worst)} us, garbage collection included; ${workOf(LARGE)}`,
      peer: 'the goal, there being no peer for a single event',
      goal: '<= 1000',
    },
    at.map((ours) => ({ value: ours, ours, peer: 1_000 })),
  );
}
