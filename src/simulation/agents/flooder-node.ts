import { agentRpc, type AgentRpc, type Signed } from '../../agent/agent-rpc.ts';
import { failure } from '../../domain/failure.ts';
import type { LeaseId, SessionId } from '../../domain/ids.ts';
import { LEASES_PER_CALL_MAX, RESULTS_PER_REPORT_MAX } from '../../domain/limits.ts';
import { OPERATORS } from '../../domain/operator.ts';
import { randomStream, type RandomStream } from '../../domain/random.ts';
import { publicKeyOf, type Signer } from '../../integrity/index.ts';
import { joinClaimToBytes, reportToBytes } from '../../wire/index.ts';
import { SimulatedProcess } from '../kernel/simulated-process.ts';
import { simulatedTransport } from '../network/simulated-transport.ts';
import { simulatedSigner } from '../system/simulated-signing.ts';
import type { AgentWorld } from './agent-node.ts';

/** How often a flood brings another call. Milliseconds. */
const CALL_EVERY_MS = 40;
const LEASE_ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A client of its own making that calls as fast and as senselessly as the protocol lets it: joins
 * again and again, takes all leases and computes none, reports what it never had, and the same again.
 */
export class FlooderNode {
  readonly name: string;
  readonly #world: AgentWorld;
  readonly #random: RandomStream;
  readonly #signer: Signer;
  readonly #rpc: AgentRpc;
  readonly #process: SimulatedProcess;
  #session: SessionId | null = null;
  #lastReport: Signed | null = null;
  #untilMs = 0;

  constructor(world: AgentWorld, name: string) {
    this.name = name;
    this.#world = world;
    this.#random = randomStream(world.seed, name);
    this.#signer = simulatedSigner(randomStream(world.seed, `key of ${name}`));
    this.#process = new SimulatedProcess(world.time);
    const link = world.network.link(name);
    const { seat } = world;
    this.#rpc = agentRpc(simulatedTransport({ link, seat, process: this.#process }));
    const { agent } = this.#signer;
    world.history.add({ kind: 'agent-began', agent, name, role: 'flooder', device: 'laptop' });
  }

  /** Floods for so long. */
  flood(forMs: number): void {
    this.#untilMs = this.#world.time.nowMs + forMs;
    this.#next();
  }

  /** Is gone for good. */
  end(): void {
    this.#untilMs = 0;
    this.#process.kill();
  }

  #next(): void {
    if (this.#world.time.nowMs >= this.#untilMs) return;
    void this.#call();
    this.#process.after(CALL_EVERY_MS, () => this.#next());
  }

  async #call(): Promise<void> {
    const { signal } = new AbortController();
    const session = this.#session;
    if (session === null || this.#random.nextBelow(10) === 0) return this.#join(signal);
    switch (this.#random.nextBelow(4)) {
      case 0: {
        await this.#rpc.lease({ session, maxTasks: LEASES_PER_CALL_MAX, waitMs: 0 }, signal);
        return;
      }
      case 1: {
        const leases = Array.from({ length: 64 }, () => ({ lease: this.#anyLease(), rowsDone: 0 }));
        await this.#rpc.heartbeat({ session, leases }, signal);
        return;
      }
      case 2:
        this.#lastReport = await this.#makeReport(session);
        await this.#rpc.report(this.#lastReport, signal);
        return;
      default:
        if (this.#lastReport !== null) await this.#rpc.report(this.#lastReport, signal);
    }
  }

  async #join(signal: AbortSignal): Promise<void> {
    const publicKey = publicKeyOf(this.#signer.agent);
    if (!publicKey.ok) return;
    const challenge = await this.#rpc.challenge(publicKey.value, signal);
    if (!challenge.ok) return;
    const bytes = joinClaimToBytes({
      publicKey: publicKey.value,
      challenge: challenge.value.challenge,
      versions: [1],
      capability: {
        kind: 'browser',
        label: 'flooder',
        lanes: 1,
        memoryBytes: 2 ** 31,
        logicalCores: 1,
        features: { wasmSimd: true, wasmRelaxedSimd: false, wasmThreads: false, webgpu: null },
        primitives: Object.fromEntries(OPERATORS.map((name) => [name, 'wasm'])),
      },
      conformance: [],
    });
    const signature = await this.#signer.sign({ purpose: 'join', bytes });
    const joined = await this.#rpc.join({ bytes, signature }, signal);
    this.#session = joined.ok ? joined.value.session : null;
  }

  async #makeReport(session: SessionId): Promise<Signed> {
    const bytes = reportToBytes({
      session,
      results: Array.from({ length: RESULTS_PER_REPORT_MAX }, () => ({
        lease: this.#anyLease(),
        result: { kind: 'failed', failure: failure('execution_failed', 'a flood') },
        computeMs: 1,
        backend: 'wasm',
      })),
    });
    return { bytes, signature: await this.#signer.sign({ purpose: 'report', bytes }) };
  }

  /** Shaped like a lease's name, and nobody's. */
  #anyLease(): LeaseId {
    const letters = Array.from({ length: 26 }, () => {
      return LEASE_ALPHABET.charAt(this.#random.nextBelow(32));
    });
    return `lease_${letters.join('')}` as LeaseId;
  }
}
