import type { Clock } from '../../agent/agent-ports.ts';
import { agentRpc } from '../../agent/agent-rpc.ts';
import { makeAgent, type Agent } from '../../agent/agent.ts';
import { taskData } from '../../agent/task-data.ts';
import { memoryBlocks, sinkOf } from '../../data/index.ts';
import type { AgentId } from '../../domain/ids.ts';
import { randomStream, type RandomStream } from '../../domain/random.ts';
import type { Signer } from '../../integrity/index.ts';
import type { AgentRole, History } from '../history.ts';
import { SimulatedProcess } from '../kernel/simulated-process.ts';
import type { VirtualTime } from '../kernel/virtual-time.ts';
import type { Network } from '../network/network.ts';
import {
  simulatedTransport,
  type Seat,
  type SimulatedTransport,
} from '../network/simulated-transport.ts';
import { simulatedSigner } from '../system/simulated-signing.ts';
import { DEVICE_CLASSES, type DeviceClass } from './device-class.ts';
import { liesOf } from './lies.ts';
import { notedRpc } from './noted-rpc.ts';
import { simulatedPool, type Pace } from './simulated-pool.ts';

export type AgentWorld = {
  readonly time: VirtualTime;
  readonly history: History;
  readonly network: Network;
  readonly seat: Seat;
  readonly seed: number;
};

type Tab = {
  readonly process: SimulatedProcess;
  readonly agent: Agent;
  readonly transport: SimulatedTransport;
};

/**
 * A volunteer's device: the production agent with simulated ports. Its key stays, its tab comes and
 * goes.
 */
export class AgentNode {
  readonly name: string;
  readonly role: AgentRole;
  readonly agent: AgentId;
  readonly #world: AgentWorld;
  readonly #device: DeviceClass;
  readonly #signer: Signer;
  readonly #random: RandomStream;
  readonly #pace: Pace;
  #tab: Tab | null = null;

  constructor(
    world: AgentWorld,
    of: { readonly name: string; readonly role: AgentRole; readonly device: DeviceClass },
  ) {
    this.name = of.name;
    this.role = of.role;
    this.#device = of.device;
    this.#world = world;
    this.#random = randomStream(world.seed, of.name);
    this.#signer = simulatedSigner(randomStream(world.seed, `key of ${of.name}`));
    this.agent = this.#signer.agent;
    this.#pace = { slowness: DEVICE_CLASSES[of.device].slowness };
  }

  get isPresent(): boolean {
    return this.#tab !== null;
  }

  /** Opens its tab; nothing where one is open. */
  begin(): void {
    if (this.#tab !== null) return;
    const { name, role, agent } = this;
    const { history } = this.#world;
    history.add({ kind: 'agent-began', agent, name, role, device: this.#device });
    this.#tab = this.#open();
    this.#tab.agent.start();
  }

  /** Its tab is gone in mid-sentence; `saysSo`: its machine at least closes the connections. */
  vanish(saysSo: boolean): void {
    if (this.#tab === null) return;
    const { process, transport } = this.#tab;
    this.#tab = null;
    process.kill();
    if (saysSo) transport.hangUp();
    this.#world.history.add({ kind: 'agent-gone', agent: this.agent, how: 'vanished' });
  }

  /** Its owner stops it. */
  leave(): void {
    const tab = this.#tab;
    if (tab === null) return;
    this.#tab = null;
    this.#world.history.add({ kind: 'agent-gone', agent: this.agent, how: 'left' });
    // The process stays until its leave is heard.
    void tab.agent.stop().then(() => tab.process.kill());
  }

  /** Its owner pauses it for so long. */
  pauseFor(forMs: number): void {
    const tab = this.#tab;
    if (tab === null) return;
    tab.agent.pause();
    tab.process.after(forMs, () => tab.agent.resume());
  }

  /** Its machine slept: its clock is ahead of where its timers think it is. */
  jump(byMs: number): void {
    this.#tab?.process.jump(byMs);
  }

  /** So many times slower than its class. */
  slowDown(times: number): void {
    this.#pace.slowness = DEVICE_CLASSES[this.#device].slowness * times;
  }

  #open(): Tab {
    const { time, history, network, seat } = this.#world;
    const { agent, role } = this;
    const random = this.#random;
    const process = new SimulatedProcess(time, random.nextBelow(7_200_000) - 3_600_000);
    const transport = simulatedTransport({ link: network.link(this.name), seat, process });
    const blocks = memoryBlocks({ bytesMax: Infinity });
    const data = taskData({ lasting: blocks, passing: blocks });
    const onLie = (lie: string): void => history.add({ kind: 'lied', agent, lie });
    const twist = role === 'liar' ? liesOf(random, onLie) : <T>(outputs: T): T => outputs;
    const { kind, lanes, memoryBytes } = DEVICE_CLASSES[this.#device];
    const made = makeAgent(
      {
        orchestrators: [
          {
            address: 'orchestrator',
            rpc: notedRpc(agentRpc(transport), { agent, history }),
            data,
            sinkOf: () => sinkOf(blocks),
          },
        ],
        signer: this.#signer,
        pool: simulatedPool({ process, random, pace: this.#pace, give: data.give, twist }),
        device: { kind, label: this.#device, logicalCores: lanes, features: FEATURES },
        clock: clockOf(process),
      },
      { limits: { lanes, memoryBytes, backend: 'wasm' }, seed: random.nextUint32() },
    );
    return { process, agent: made, transport };
  }
}

const FEATURES = { wasmSimd: true, wasmRelaxedSimd: false, wasmThreads: false };

function clockOf(process: SimulatedProcess): Clock {
  return {
    nowMs: process.nowMs,
    wakeAt: (atMs, call) => process.after(Math.max(0, Math.ceil(atMs - process.nowMs())), call),
  };
}
