import type { ConformanceReport } from '../domain/capability.ts';
import { failure, type Failure, type FailureCode } from '../domain/failure.ts';
import type { LeaseId } from '../domain/ids.ts';
import { LANE_OPEN_MS, TASK_RUN_MS_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { usesGpu, withoutGpu } from './falling-back.ts';
import { KnownSurveys } from './known-surveys.ts';
import type { PoolOpening, PoolTask } from './pool-task.ts';
import { openLane, type Lane, type SpawnLane } from './lane.ts';
import { primitiveOf, primitivesOf, type LaneResult, type LaneSurvey } from './lane-message.ts';
import { UnprovenResults } from './unproven-results.ts';

/** Computes tasks in lanes, each a worker of its own. */
export type ComputePool = {
  /** Opens the first lane and tells what the device computes rightly. */
  open(opening: PoolOpening, signal: AbortSignal): Promise<Outcome<LaneSurvey>>;
  /**
   * Runs all vectors again, in a lane of its own, and believes them from now on.
   *
   * Errors: those of opening a lane.
   */
  tryAgain(signal: AbortSignal): Promise<Outcome<LaneSurvey>>;
  /** What it computes as of now, less than at first once its GPU was given up; null: not open. */
  survey(): LaneSurvey | null;
  /**
   * Runs one task in a free lane; the caller never runs more at once than there are lanes. Moves
   * the task's inputs.
   *
   * An abort terminates the lane at once. Errors: those of the task, "timeout" after
   * TASK_RUN_MS_MAX, "execution_failed" where the lane died, "canceled".
   */
  run(task: PoolTask, signal: AbortSignal): Promise<LaneResult>;
  /** Terminates every lane at once, whatever it does. */
  close(): void;
};

// How often a GPU may be lost before nothing runs on it any more. Count.
const GPU_LOSSES_MAX = 2;
// The share of a lane's memory for models and whole inputs that it keeps between tasks.
const CACHE_SHARE = 0.5;
// What another backend cannot mend.
const TASKS_OWN: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'canceled',
  'input_malformed',
  'input_invalid',
  'shape_mismatch',
  'operator_unsupported',
  'block_unknown',
  'bytes_mismatch',
  'unavailable',
]);

/** A pool whose workers `spawn` starts. `nowMs` is any clock that never goes back. */
export function computePool(
  spawn: SpawnLane,
  { nowMs = () => performance.now() }: { readonly nowMs?: () => number } = {},
): ComputePool {
  return new Pool(spawn, nowMs);
}

/**
 * What a lane computed is used once the lane has shown, not long ago, that it computes rightly:
 *
 *   open ──vectors pass──> idle ──run──> due? ──no──> result, idle
 *                                         │yes
 *                                         v
 *                           a vector each ──pass──> result, idle
 *                                         └─fail──> the backend is not used for that any more; the
 *                                                   next lane runs all vectors; what was computed
 *                                                   since the last that passed is suspect
 */
class Pool implements ComputePool {
  readonly #spawn: SpawnLane;
  readonly #nowMs: () => number;
  readonly #surveys: KnownSurveys;
  readonly #unproven = new UnprovenResults();
  #opened: PoolOpening | null = null;
  #idle: Lane[] = [];
  #closing = new AbortController();
  #gpuLosses = 0;
  #turn = 0;

  constructor(spawn: SpawnLane, nowMs: () => number) {
    this.#spawn = spawn;
    this.#nowMs = nowMs;
    this.#surveys = new KnownSurveys(nowMs);
  }

  async open(opening: PoolOpening, signal: AbortSignal): Promise<Outcome<LaneSurvey>> {
    this.close();
    this.#opened = opening;
    this.#closing = new AbortController();
    const until = AbortSignal.any([signal, this.#closing.signal]);
    const lane = await this.#openLane(opening, until);
    if (!lane.ok) return lane;
    // Closed in the meantime: the idle lanes are another opening's.
    if (until.aborted) lane.value.terminate();
    else this.#idle.push(lane.value);
    return succeed(this.#surveyOf(opening) ?? lane.value.survey);
  }

  async tryAgain(signal: AbortSignal): Promise<Outcome<LaneSurvey>> {
    const opened = this.#opened;
    if (opened === null) return fail(failure('canceled', 'the pool is closed. Open it.'));
    const until = AbortSignal.any([signal, this.#closing.signal]);
    this.#surveys.doubt(opened.limits.backend);
    const lane = await this.#openLane(opened, until);
    if (!lane.ok) return lane;
    // It takes the place of those that wait.
    this.#endIdle();
    if (until.aborted) lane.value.terminate();
    else this.#idle.push(lane.value);
    return succeed(this.#surveyOf(opened) ?? lane.value.survey);
  }

  survey(): LaneSurvey | null {
    return this.#opened === null ? null : this.#surveyOf(this.#opened);
  }

  async run(task: PoolTask, signal: AbortSignal): Promise<LaneResult> {
    const opened = this.#opened;
    if (opened === null) return failedRun(failure('canceled', 'the pool is closed. Open it.'));
    const until = AbortSignal.any([signal, this.#closing.signal]);
    const first = await this.#try(opened, task, until);
    if (first.outputs.ok || first.backend !== 'webgpu' || until.aborted) return first;
    const { code, message } = first.outputs.failure;
    if (TASKS_OWN.has(code)) return first;
    task.onGpuFailed(first.outputs.failure);
    // What it was found to compute wrongly is computed elsewhere by now.
    if (code === 'conformance_failed') return this.#try(opened, task, until);
    // The GPU failed, not the task: once more on a fresh device, then without one.
    if (code === 'device_lost') {
      const second = await this.#try(opened, task, until);
      if (second.outputs.ok || until.aborted) return second;
    }
    this.#renounceGpu(opened, message);
    return this.#try(opened, task, until);
  }

  close(): void {
    this.#closing.abort();
    this.#endIdle();
    this.#opened = null;
    this.#unproven.clear();
  }

  async #try(opened: PoolOpening, task: PoolTask, signal: AbortSignal): Promise<LaneResult> {
    // A GPU's failure is made up for by computing the same inputs again.
    const primitives = this.#surveyOf(opened)?.primitives ?? {};
    const mayMove = primitives[primitiveOf(task.task.work)] !== 'webgpu';
    const taken = await this.#take(opened, signal);
    if (!taken.ok) return failedRun(taken.failure);
    const lane = taken.value;
    const ran = await lane.run(task, { signal, timeoutMs: TASK_RUN_MS_MAX, mayMove });
    const result = await this.#proven(opened, { lane, task, ran }, signal);
    this.#putBack(opened, lane, { result, signal });
    return result;
  }

  /** The result, unless what computed it is found to be broken. */
  async #proven(
    opened: PoolOpening,
    { lane, task, ran }: { lane: Lane; task: PoolTask; ran: LaneResult },
    signal: AbortSignal,
  ): Promise<LaneResult> {
    const primitives = primitivesOf(task.task.work);
    if (!ran.outputs.ok) {
      const { code, message } = ran.outputs.failure;
      // Only the small model that is run before all others fails so.
      if (code === 'conformance_failed' && primitives.includes('model.run')) {
        const test = { primitive: 'model.run', backend: ran.backend } as const;
        this.#break(opened, [{ ...test, passed: false, detail: message }]);
      }
      return ran;
    }
    const used = primitives.flatMap((name) => lane.survey.primitives[name] ?? []);
    if (this.#surveys.isOutdated(lane.survey)) return brokenRun(ran);
    this.#unproven.add(lane, task.lease, { primitives, backends: used });
    if (!this.#unproven.isDue(lane, this.#nowMs())) return ran;
    const spot = { primitives: this.#unproven.inUse(lane), turn: this.#turn++ };
    const spotted = await lane.spot(spot, { signal, timeoutMs: LANE_OPEN_MS });
    if (spotted !== null && spotted.failed.length > 0) {
      this.#break(opened, spotted.failed, task.lease);
      return brokenRun(ran);
    }
    // Another lane failed meanwhile.
    if (this.#surveys.isOutdated(lane.survey)) return brokenRun(ran);
    if (spotted?.isInconclusive === false) this.#unproven.prove(lane, this.#nowMs());
    return ran;
  }

  /** Has nothing run any more where it came out wrong, and names what may be wrong already. */
  #break(
    opened: PoolOpening,
    failed: readonly ConformanceReport[],
    recomputed: LeaseId | null = null,
  ): void {
    const backends = new Set(failed.map(({ backend }) => backend));
    const suspects = this.#unproven.takeOf(backends).filter((lease) => lease !== recomputed);
    // Where one thing broke, others may have: the next lane tries all of it.
    this.#surveys.fail(opened.limits.backend, failed);
    this.#endIdle();
    opened.onBroken({ failed, suspects });
  }

  /** The idle lane that was used last: its caches are warm. */
  async #take(opened: PoolOpening, signal: AbortSignal): Promise<Outcome<Lane>> {
    for (let lane = this.#idle.pop(); lane !== undefined; lane = this.#idle.pop()) {
      if (!lane.isDead) return succeed(lane);
    }
    return this.#openLane(opened, signal);
  }

  #putBack(
    opened: PoolOpening,
    lane: Lane,
    { result, signal }: { readonly result: LaneResult; readonly signal: AbortSignal },
  ): void {
    const failed = result.outputs.ok ? null : result.outputs.failure;
    const failedOnGpu = failed !== null && result.backend === 'webgpu';
    if (lane.lostGpu || (failedOnGpu && failed.code === 'device_lost')) {
      this.#gpuLosses += 1;
      const why = failed?.message ?? 'the GPU got lost again and again.';
      if (this.#gpuLosses >= GPU_LOSSES_MAX) this.#renounceGpu(opened, why);
      // Whatever it comes back as has its vectors run again.
      else this.#surveys.doubt(opened.limits.backend);
    }
    const isSpent =
      lane.isDead || lane.lostGpu || failedOnGpu || this.#surveys.isOutdated(lane.survey);
    if (!isSpent && !signal.aborted) return void this.#idle.push(lane);
    lane.terminate();
    this.#unproven.end(lane);
  }

  #renounceGpu(opened: PoolOpening, why: string): void {
    const survey = this.#surveyOf(opened);
    if (survey === null || !usesGpu(survey)) return;
    this.#surveys.keep(opened.limits.backend, withoutGpu(survey, why));
    this.#endIdle();
  }

  async #openLane(opened: PoolOpening, signal: AbortSignal): Promise<Outcome<Lane>> {
    const { limits, give } = opened;
    const { backend } = limits;
    const believed = this.#surveys.believed(backend);
    const lane = await openLane({
      spawn: this.#spawn,
      give,
      backend,
      survey: believed,
      broken: this.#surveys.broken,
      cacheBytes: (limits.memoryBytes / limits.lanes) * CACHE_SHARE,
      timeoutMs: LANE_OPEN_MS,
      signal,
    });
    if (!lane.ok || signal.aborted) return lane;
    this.#unproven.begin(lane.value, this.#nowMs());
    const ran = believed === null;
    const failed = this.#surveys.learn(backend, { survey: lane.value.survey, ran });
    if (failed.length > 0) {
      const suspects = this.#unproven.takeOf(new Set(failed.map((report) => report.backend)));
      this.#endIdle();
      opened.onBroken({ failed, suspects });
    } else if (ran) {
      this.#unproven.proveEnded();
    }
    return lane;
  }

  #surveyOf({ limits }: PoolOpening): LaneSurvey | null {
    return this.#surveys.get(limits.backend);
  }

  #endIdle(): void {
    for (const lane of this.#idle) {
      lane.terminate();
      this.#unproven.end(lane);
    }
    this.#idle = [];
  }
}

/** What is not used, because the lane that computed it fails its vectors. */
function brokenRun({ computeMs, backend }: LaneResult): LaneResult {
  const text = `${backend} began to compute wrongly on this device. Try it on another device.`;
  return { outputs: fail(failure('conformance_failed', text)), computeMs, backend };
}

function failedRun(cause: Failure): LaneResult {
  return { outputs: fail(cause), computeMs: 0, backend: 'wasm' };
}
