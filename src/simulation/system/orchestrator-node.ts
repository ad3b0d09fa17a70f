import { memoryBlocks } from '../../data/index.ts';
import { failure } from '../../domain/failure.ts';
import { CHALLENGE_MS } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { randomStream, type RandomStream } from '../../domain/random.ts';
import type { Challenges } from '../../orchestrator/access/challenge.ts';
import { clientLimits } from '../../orchestrator/access/client-limits.ts';
import { joiningRules } from '../../orchestrator/access/joining-rules.ts';
import type { WorkDemand } from '../../orchestrator/access/work-demand.ts';
import { makeChecker, type Checker } from '../../orchestrator/checking/checker.ts';
import { checkedOrders } from '../../orchestrator/checking/checked-orders.ts';
import type { CheckOrder } from '../../orchestrator/checking/check-message.ts';
import type { CheckPool } from '../../orchestrator/checking/check-pool.ts';
import type { Logger } from '../../orchestrator/logger.ts';
import type { Platform } from '../../orchestrator/platform.ts';
import { recoverState } from '../../orchestrator/recovery.ts';
import type { Admission } from '../../orchestrator/access/lying-agents.ts';
import { agentsRoute } from '../../orchestrator/routes/agents-route.ts';
import { jobsRoute } from '../../orchestrator/routes/jobs-route.ts';
import { homeAlone } from '../../orchestrator/jobs/job-home.ts';
import { startWorkings } from '../../orchestrator/workings.ts';
import { step as schedulerStep, type LeaseNumber } from '../../scheduler/index.ts';
import { AgentService, JobService } from '../../wire/index.ts';
import type { Judgement } from '../../workloads/index.ts';
import type { CrashPoint, History } from '../history.ts';
import { SimulatedProcess } from '../kernel/simulated-process.ts';
import type { VirtualTime } from '../kernel/virtual-time.ts';
import { Endpoint } from '../network/endpoint.ts';
import type { Seat } from '../network/simulated-transport.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { randomBytes, simulatedDigest, verifySimulated } from './simulated-signing.ts';
import { leaseNameIn, watchedStep, type LogWatch } from './watched-step.ts';

/** Parts that a test breaks on purpose, to see that a checker finds out. */
export type Sabotage = {
  readonly disk?: SimulatedDisk;
  readonly step?: typeof schedulerStep;
  readonly checker?: (checker: Checker) => Checker;
};

/** So short a log that snapshots are taken, and recovered from, in every simulation. */
const SHORTEN_AT = { eventCount: 150, byteLength: 2 ** 20 };
/** How long a process takes to start. Milliseconds. */
const RECOVERY_MS = 200;
/** How long the check of one task in a thread takes at most. Milliseconds. */
const CHECK_MS_MAX = 400;

/** A thousand agents begin at once here, and hashes would take most of the time. */
const NO_WORK: WorkDemand = { bits: () => 0, joined: () => {} };

type World = { readonly time: VirtualTime; readonly history: History; readonly seed: number };

/**
 * An orchestrator: its production parts, put together as `orchestrator.ts` does, over a simulated
 * disk, network and machine. It dies and comes back; its disk and its place on the network stay.
 */
export class OrchestratorNode {
  readonly seat: Seat = { endpoint: null };
  readonly disk: SimulatedDisk;
  readonly #world: World;
  readonly #sabotage: Sabotage;
  readonly #watch: LogWatch = { noted: 0, agentOf: new Map(), idOf: new Map() };
  #process: SimulatedProcess | null = null;
  #clockOffsetMs = 0;
  #lives = 0;

  constructor(world: World, sabotage: Sabotage = {}) {
    this.#world = world;
    this.#sabotage = sabotage;
    this.disk = sabotage.disk ?? new SimulatedDisk();
  }

  get isRunning(): boolean {
    return this.#process !== null;
  }

  /** Starts a process on the disk, which takes RECOVERY_MS; nothing where one runs. */
  start(): void {
    if (this.#process !== null) return;
    const process = new SimulatedProcess(this.#world.time, this.#clockOffsetMs);
    this.#process = process;
    this.#lives += 1;
    process.after(RECOVERY_MS, () => void this.#recover(process));
  }

  /** Its process dies, and comes back after so long. `isLucky`: a commit under way got there. */
  crash(during: CrashPoint, downMs: number, isLucky = false): void {
    if (this.#process === null) return;
    this.#world.history.add({ kind: 'orchestrator-crashed', life: this.#lives, during });
    this.#process.kill();
    this.#process = null;
    if (during === 'wait') this.disk.lose(isLucky);
    const { endpoint } = this.seat;
    this.seat.endpoint = null;
    endpoint?.close();
    this.#world.time.after(downMs, () => this.start());
  }

  /** Dies like this in the next commit. */
  crashInCommit(during: Exclude<CrashPoint, 'wait'>): void {
    this.disk.trouble.crashAt = during;
  }

  /** Sets its machine's clock. */
  jump(byMs: number): void {
    this.#clockOffsetMs += byMs;
    this.#process?.jump(byMs);
  }

  async #recover(process: SimulatedProcess): Promise<void> {
    const { history, seed } = this.#world;
    const life = this.#lives;
    const random = randomStream(seed, `orchestrator ${life}`);
    const onCrash = (during: CrashPoint): void => this.crash(during, 500 + random.nextBelow(8_000));
    const store = this.disk.open({ process, history, random, onCrash });
    const log = await store.readLog();
    const { step: stepHere, count } = watchedStep({
      history,
      watch: this.#watch,
      behind: log.ok ? (log.value.snapshot?.eventCount ?? 0) : 0,
      step: this.#sabotage.step ?? schedulerStep,
    });
    const logger = bugLogger(history);
    const now = process.nowMs;
    const recovered = await recoverState(store, { seed, logger, now, step: stepHere });
    if (!recovered.ok) return history.add({ kind: 'bug', message: recovered.failure.message });
    history.add({ kind: 'orchestrator-began', life, eventCount: count() });
    // What the history heard of and the log has not is gone: what comes next has its numbers.
    this.#watch.noted = Math.min(this.#watch.noted, count());
    const platform = platformOf(process, random);
    const blocks = memoryBlocks({ bytesMax: Infinity });
    const inner = notedChecker(makeChecker(blocks), { history, watch: this.#watch });
    const checker = this.#sabotage.checker?.(inner) ?? inner;
    const parts = { store, blocks, logger, now, platform };
    const workings = startWorkings({
      makeHome: homeAlone,
      ...parts,
      recovered: recovered.value,
      evidence: null,
      pool: simulatedPool({ checker, process, random }),
      step: stepHere,
      shortenAt: SHORTEN_AT,
    });
    const endpoint = new Endpoint(process, history);
    // What devices say of themselves decides nothing.
    const conformance = { note: () => undefined };
    const rules = joiningRules({
      state: workings.coordinator.state,
      challenges: simulatedChallenges(life),
      demand: NO_WORK,
      isTrusted: () => false,
      acceptedElsewhere: async () => succeed(0),
    });
    const limits = clientLimits();
    const trust = { isTrusted: () => false };
    const access = { rules, limits, trust, contact: null, verify: verifySimulated };
    const served = { ...parts, ...workings, ...access, conformance };
    endpoint.serve(AgentService, agentsRoute({ ...served, ...HONEST_ALONE }));
    endpoint.serve(JobService, jobsRoute(served));
    await workings.begin(null);
    if (process.isAlive) this.seat.endpoint = endpoint;
  }
}

/** Its liars do not say that they are. */
const HONEST_ALONE = {
  isSandbox: false,
  admitLiar: (): Outcome<Admission> => succeed({ kind: 'ordinary' }),
  canaries: { joined: () => {} },
};

function platformOf({ after, soon }: SimulatedProcess, random: RandomStream): Platform {
  return {
    after,
    soon,
    randomBytes: (count) => randomBytes(random, count),
    digestOf: async (bytes) => simulatedDigest(bytes),
  };
}

/** The system's checker; what it finds is taken down. */
function notedChecker(
  checker: Checker,
  { history, watch }: { readonly history: History; readonly watch: LogWatch },
): Checker {
  const nameOf = (lease: LeaseNumber): string => leaseNameIn(watch, lease);
  const note = (order: CheckOrder, { accepted }: Judgement<LeaseNumber>): void => {
    const leases = order.results.map(({ lease }) => nameOf(lease));
    const share = order.mode.kind === 'compare' ? 0 : order.mode.share;
    const used = accepted === null ? '' : nameOf(accepted);
    history.add({ kind: 'checked', leases, share, accepted: used });
  };
  return {
    probe: checker.probe,
    async checkMany(orders) {
      const judged = await checker.checkMany(orders);
      if (!judged.ok) return judged;
      for (const [index, order] of orders.entries()) {
        const judgement = judged.value[index];
        if (judgement !== undefined) note(order, judgement);
      }
      return judged;
    },
    async check(order) {
      const judged = await checker.check(order);
      if (judged.ok) note(order, judged.value);
      return judged;
    },
  };
}

/** Checks that take their time in a thread. */
function simulatedPool(of: {
  readonly checker: Checker;
  readonly process: SimulatedProcess;
  readonly random: RandomStream;
}): CheckPool {
  const { checker, process, random } = of;
  return {
    checkMany: (orders) => {
      return new Promise((resolve, reject) => {
        const forMs = 1 + random.nextBelow(CHECK_MS_MAX);
        process.after(forMs, () => void checkNow(checker, orders).then(resolve, reject));
      });
    },
    probe: async () => fail(failure('operator_unsupported', 'no models are simulated.')),
    evidence: async () => fail(failure('execution_failed', 'no evidence is simulated.')),
    warm: () => {},
    close: async () => {},
  };
}

async function checkNow(
  checker: Checker,
  orders: Parameters<CheckPool['checkMany']>[0],
): ReturnType<CheckPool['checkMany']> {
  const made = await orders();
  if (!made.ok) return made;
  const judged = await checker.checkMany(made.value);
  return judged.ok ? succeed(checkedOrders(made.value, judged.value)) : judged;
}

/** As the real ones: of this process, and valid for CHALLENGE_MS. */
function simulatedChallenges(life: number): Challenges {
  return {
    issue(nowMs) {
      const view = new DataView(new ArrayBuffer(16));
      view.setFloat64(0, life);
      view.setFloat64(8, nowMs + CHALLENGE_MS);
      return new Uint8Array(view.buffer);
    },
    check(challenge, { nowMs }) {
      const view = new DataView(challenge.slice().buffer);
      const isOurs = view.byteLength === 16 && view.getFloat64(0) === life;
      if (isOurs && view.getFloat64(8) >= nowMs) return succeed(0);
      return fail(failure('challenge_invalid', 'this challenge is over. Ask for a new one.'));
    },
  };
}

/** Errors that name a bug are taken down; the rest is for operators. */
function bugLogger(history: History): Logger {
  const quiet = (): void => {};
  return {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error(message, fields = {}) {
      if (fields['cause'] === undefined) return;
      history.add({ kind: 'bug', message: `${message}: ${String(fields['cause'])}` });
    },
  };
}
