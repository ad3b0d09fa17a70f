import { randomStream, type RandomStream } from '../domain/random.ts';
import { AgentNode, type AgentWorld } from './agents/agent-node.ts';
import { DEVICE_NAMES } from './agents/device-class.ts';
import { FlooderNode } from './agents/flooder-node.ts';
import type { Violation } from './checkers/checker.ts';
import { runCheckers } from './checkers/run-checkers.ts';
import type { FaultSelection } from './faults/fault-kind.ts';
import { scheduleFaults } from './faults/fault-schedule.ts';
import { History, type HistoryRecord } from './history.ts';
import { designJob } from './jobs/job-design.ts';
import { ProducerNode } from './jobs/producer-node.ts';
import { platformTurn } from './kernel/turn.ts';
import { VirtualTime } from './kernel/virtual-time.ts';
import { Network } from './network/network.ts';
import type { SimulationOptions } from './simulation-options.ts';
import { OrchestratorNode, type Sabotage } from './system/orchestrator-node.ts';

/** How a simulation went. */
export type SimulationResult = {
  readonly options: SimulationOptions;
  /** Of the history: the same on every machine. */
  readonly hash: string;
  readonly violations: readonly Violation[];
  /** Virtual time that passed. Milliseconds. */
  readonly virtualMs: number;
  readonly eventCount: number;
  readonly recordCount: number;
  /** It was stopped before its end: its verdicts say nothing. */
  readonly isInterrupted: boolean;
};

export type SimulationWatch = {
  /** Sees every record, in order. */
  readonly onRecord?: (record: HistoryRecord) => void;
  /** Told now and then how far it is. */
  readonly onProgress?: (progress: SimulationProgress) => void;
  readonly signal?: AbortSignal;
  /** For tests of the checkers. */
  readonly sabotage?: Sabotage;
};

export type SimulationProgress = {
  readonly virtualMs: number;
  /** When faults are over. */
  readonly faultsMs: number;
  readonly eventCount: number;
};

/**
 * How long nothing may be granted or accepted once faults are over, before jobs count as hanging:
 * longer than any lease, wait and retry together. Virtual milliseconds.
 */
const STANDSTILL_MS = 300_000;
/** How long jobs may take to end in all, once faults are over. Virtual milliseconds. */
const ENDING_MS_MAX = 7_200_000;
/** How long heartbeats go on behind the last job, to tell the last credit. Virtual milliseconds. */
const EPILOGUE_MS = 14_000;
const TELLS_OF_PROGRESS: ReadonlySet<string> = new Set<HistoryRecord['kind']>([
  'granted',
  'task-accepted',
  'job-ended',
  'output-read',
]);
const PROGRESS_EVENTS = 2_000;
const PRODUCERS = 2;

/** Runs a whole network in virtual time, and has the checkers judge what happened. */
export async function simulate(
  options: SimulationOptions,
  watch: SimulationWatch = {},
): Promise<SimulationResult> {
  const { turn, close } = platformTurn();
  try {
    return await run(options, watch, new VirtualTime(turn));
  } finally {
    close();
  }
}

async function run(
  options: SimulationOptions,
  watch: SimulationWatch,
  time: VirtualTime,
): Promise<SimulationResult> {
  const { seed } = options;
  const durationMs = Math.round(options.minutes * 60_000);
  const history = new History(time);
  time.onThrown = (thrown) => history.add({ kind: 'bug', message: String(thrown) });
  if (watch.onRecord !== undefined) history.listen(watch.onRecord);
  const checkers = runCheckers({ history, time });
  const network = new Network({ time, history, seed });
  const orchestrator = new OrchestratorNode({ time, history, seed }, watch.sabotage);
  const world = { time, history, network, seat: orchestrator.seat, seed };
  const { agents, flooder } = makeAgents(world, options);
  const producers = makeProducers(world, options);
  scheduleFaults(
    { ...world, orchestrator, agents, flooder },
    { selection: options.faults, durationMs },
  );
  orchestrator.start();
  let areJobsOver = false;
  let endAtMs = durationMs + STANDSTILL_MS;
  history.listen(({ kind, atMs }) => {
    if (areJobsOver || !TELLS_OF_PROGRESS.has(kind)) return;
    endAtMs = Math.max(endAtMs, Math.min(atMs + STANDSTILL_MS, durationMs + ENDING_MS_MAX));
  });
  let isInterrupted = false;
  while (time.nowMs < endAtMs && (await time.next())) {
    isInterrupted = watch.signal?.aborted === true;
    if (isInterrupted) break;
    if (time.eventCount % PROGRESS_EVENTS === 0) {
      const { nowMs: virtualMs, eventCount } = time;
      watch.onProgress?.({ virtualMs, faultsMs: durationMs, eventCount });
    }
    if (areJobsOver || time.nowMs < durationMs) continue;
    areJobsOver = producers.every(({ openCount }) => openCount === 0);
    if (!areJobsOver) continue;
    history.add({ kind: 'jobs-over' });
    endAtMs = time.nowMs + EPILOGUE_MS;
  }
  return {
    options,
    violations: isInterrupted ? [] : checkers.end(),
    hash: history.hash(),
    virtualMs: time.nowMs,
    eventCount: time.eventCount,
    recordCount: history.count,
    isInterrupted,
  };
}

function makeAgents(
  world: AgentWorld,
  { agents: count, faults }: SimulationOptions,
): { readonly agents: readonly AgentNode[]; readonly flooder: FlooderNode | null } {
  const hasFlooder = faults.has('flood') && count > 2;
  let liarsLeft = faults.get('liar') ?? 0;
  const agents = Array.from({ length: hasFlooder ? count - 1 : count }, (_, index) => {
    const random = randomStream(world.seed, `device ${index}`);
    // Two stay honest, so that any job can be done.
    const lies = index >= 2 && liarsLeft > 0 && (random.nextBelow(3) === 0 || index === 2);
    if (lies) liarsLeft -= 1;
    const device = DEVICE_NAMES[random.nextBelow(DEVICE_NAMES.length)] ?? 'laptop';
    const role = lies ? 'liar' : 'honest';
    const agent = new AgentNode(world, { name: `agent ${index}`, role, device });
    world.time.at(random.nextBelow(5_000), () => agent.begin());
    return agent;
  });
  return { agents, flooder: hasFlooder ? new FlooderNode(world, 'flooder') : null };
}

function makeProducers(world: AgentWorld, options: SimulationOptions): readonly ProducerNode[] {
  const { jobs, faults, agents } = options;
  const producers = Array.from({ length: PRODUCERS }, (_, index) => {
    return new ProducerNode(world, `producer ${index}`);
  });
  const poisoned = poisonedJobs(randomStream(world.seed, 'fault poison'), { jobs, faults });
  for (let index = 0; index < jobs; index++) {
    const random = randomStream(world.seed, `job ${index}`);
    const durationMs = options.minutes * 60_000;
    const isPoisoned = poisoned.has(index);
    const canTwice = agents - (faults.has('flood') && agents > 2 ? 1 : 0) >= 2;
    const design = designJob(random, { index, durationMs, isPoisoned, canTwice });
    producers[index % PRODUCERS]?.plan(design);
  }
  return producers;
}

function poisonedJobs(
  random: RandomStream,
  { jobs, faults }: { readonly jobs: number; readonly faults: FaultSelection },
): ReadonlySet<number> {
  const most = Math.min(faults.get('poison') ?? 0, Math.ceil(jobs / 6));
  return new Set(Array.from({ length: most }, () => random.nextBelow(Math.max(1, jobs))));
}
