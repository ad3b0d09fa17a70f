import type { AgentNode } from '../agents/agent-node.ts';
import type { FlooderNode } from '../agents/flooder-node.ts';
import { randomStream, type RandomStream } from '../../domain/random.ts';
import type { History } from '../history.ts';
import type { VirtualTime } from '../kernel/virtual-time.ts';
import type { Network } from '../network/network.ts';
import type { OrchestratorNode } from '../system/orchestrator-node.ts';
import type { FaultKind, FaultSelection } from './fault-kind.ts';

/** What faults are done to. */
export type FaultWorld = {
  readonly time: VirtualTime;
  readonly history: History;
  readonly seed: number;
  readonly network: Network;
  readonly orchestrator: OrchestratorNode;
  readonly agents: readonly AgentNode[];
  readonly flooder: FlooderNode | null;
};

/** Mean time between two faults of a kind. Milliseconds. Liars and poison are there from the start. */
const EVERY_MS: Readonly<Record<Exclude<FaultKind, 'liar' | 'poison'>, number>> = {
  crash: 45_000,
  vanish: 30_000,
  leave: 40_000,
  'clock-jump': 60_000,
  straggler: 40_000,
  flood: 60_000,
  'disk-full': 70_000,
  'disk-slow': 60_000,
  partition: 50_000,
  loss: 45_000,
  duplicate: 45_000,
  reorder: 45_000,
};

const JUMP_MS_MAX = 600_000;

/** Has faults happen, each kind under its own stream, until so many milliseconds are over. */
export function scheduleFaults(
  world: FaultWorld,
  options: { readonly selection: FaultSelection; readonly durationMs: number },
): void {
  const { selection, durationMs } = options;
  for (const [kind, most] of selection) {
    if (kind === 'liar' || kind === 'poison') continue;
    const random = randomStream(world.seed, `fault ${kind}`);
    let atMs = 0;
    for (let count = 0; count < most; count++) {
      atMs += 1 + random.nextBelow(2 * EVERY_MS[kind]);
      if (atMs >= durationMs) break;
      // Drawn now, so that it is the same whatever happens until then.
      const own = randomStream(random.nextUint32(), kind);
      world.time.at(atMs, () => inject(kind, { world, random: own, durationMs }));
    }
  }
  world.time.at(durationMs, () => calm(world));
}

type Injection = {
  readonly world: FaultWorld;
  readonly random: RandomStream;
  readonly durationMs: number;
};

function inject(kind: Exclude<FaultKind, 'liar' | 'poison'>, at: Injection): void {
  const { world, random } = at;
  const { orchestrator, network } = world;
  const agent = world.agents[random.nextBelow(Math.max(1, world.agents.length))];
  switch (kind) {
    case 'crash':
      return crash(at);
    case 'vanish':
      if (agent === undefined) return;
      note(at, { kind, target: agent.name });
      agent.vanish(random.nextBelow(2) === 0);
      // One in four never comes back while faults last.
      if (random.nextBelow(4) > 0) later(at, 40_000, () => agent.begin());
      return;
    case 'leave':
      if (agent === undefined) return;
      note(at, { kind, target: agent.name });
      if (random.nextBelow(2) === 0) return agent.pauseFor(1_000 + random.nextBelow(20_000));
      agent.leave();
      return later(at, 30_000, () => agent.begin());
    case 'clock-jump': {
      const ofAgent = agent !== undefined && random.nextBelow(2) === 0;
      note(at, { kind, target: ofAgent ? agent.name : 'orchestrator' });
      // An agent's clock never goes back, but its machine may sleep.
      if (ofAgent) return agent.jump(random.nextBelow(JUMP_MS_MAX));
      return orchestrator.jump(random.nextBelow(2 * JUMP_MS_MAX) - JUMP_MS_MAX);
    }
    case 'straggler':
      if (agent === undefined) return;
      agent.slowDown(10);
      return during(at, { kind, target: agent.name, end: () => agent.slowDown(1) });
    case 'flood':
      if (world.flooder === null) return;
      world.flooder.flood(1_000 + random.nextBelow(9_000));
      return note(at, { kind, target: world.flooder.name });
    case 'disk-full':
      orchestrator.disk.trouble.isFull = true;
      return during(at, {
        kind,
        target: 'orchestrator',
        end: () => (orchestrator.disk.trouble.isFull = false),
      });
    case 'disk-slow':
      orchestrator.disk.trouble.commitMs = 50 + random.nextBelow(450);
      return during(at, {
        kind,
        target: 'orchestrator',
        end: () => (orchestrator.disk.trouble.commitMs = 0),
      });
    case 'partition':
      return partition(at);
    case 'loss':
      network.conditions.lossShare = 0.05 + 0.35 * random.nextUnit();
      return during(at, { kind, target: 'network', end: () => (network.conditions.lossShare = 0) });
    case 'duplicate':
      network.conditions.doubleShare = 0.05 + 0.35 * random.nextUnit();
      return during(at, {
        kind,
        target: 'network',
        end: () => (network.conditions.doubleShare = 0),
      });
    case 'reorder':
      network.conditions.delayShare = 0.05 + 0.35 * random.nextUnit();
      return during(at, {
        kind,
        target: 'network',
        end: () => (network.conditions.delayShare = 0),
      });
  }
}

function crash(at: Injection): void {
  const { orchestrator } = at.world;
  if (!orchestrator.isRunning) return;
  const points = ['wait', 'commit-lost', 'commit-torn', 'commit-durable'] as const;
  const point = points[at.random.nextBelow(points.length)] ?? 'wait';
  note(at, { kind: 'crash', target: 'orchestrator' });
  const isLucky = at.random.nextBelow(2) === 0;
  if (point === 'wait') orchestrator.crash('wait', 200 + at.random.nextBelow(12_000), isLucky);
  else orchestrator.crashInCommit(point);
}

/** Cuts off everybody, or some. */
function partition(at: Injection): void {
  const { random, world } = at;
  const share = random.nextBelow(3) === 0 ? 1 : 0.5;
  const cut = [...world.network.links.values()].filter(() => random.nextUnit() < share);
  for (const link of cut) link.isCut = true;
  const heal = (): void => cut.forEach((link) => (link.isCut = false));
  during(at, { kind: 'partition', target: cut.map(({ name }) => name).join(', '), end: heal });
}

function during(
  at: Injection,
  of: { readonly kind: FaultKind; readonly target: string; readonly end: () => void },
): void {
  const { kind: fault, target } = of;
  at.world.history.add({ kind: 'fault', fault, phase: 'begin', target });
  later(at, 25_000, () => {
    of.end();
    at.world.history.add({ kind: 'fault', fault, phase: 'end', target });
  });
}

function note(at: Injection, of: { readonly kind: FaultKind; readonly target: string }): void {
  at.world.history.add({ kind: 'fault', fault: of.kind, phase: 'moment', target: of.target });
}

/** Within so many milliseconds, and before faults are over. */
function later({ world, random, durationMs }: Injection, mostMs: number, call: () => void): void {
  const atMs = world.time.nowMs + 1_000 + random.nextBelow(mostMs);
  world.time.at(Math.min(atMs, durationMs - 1), call);
}

/** From now on nothing goes wrong, and every device is there. */
function calm({ history, network, orchestrator, agents, flooder }: FaultWorld): void {
  history.add({ kind: 'faults-over' });
  Object.assign(network.conditions, { lossShare: 0, doubleShare: 0, delayShare: 0 });
  for (const link of network.links.values()) link.isCut = false;
  Object.assign(orchestrator.disk.trouble, { isFull: false, commitMs: 0, crashAt: null });
  for (const agent of agents) {
    agent.slowDown(1);
    agent.begin();
  }
  flooder?.end();
}
