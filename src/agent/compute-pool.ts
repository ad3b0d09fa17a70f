import { failure, type Failure, type FailureCode } from '../domain/failure.ts';
import { LANE_OPEN_MS, TASK_RUN_MS_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { AgentLimits, BackendChoice } from './agent-event.ts';
import { openLane, type Lane, type SpawnLane } from './lane.ts';
import {
  primitiveOf,
  type LaneProgress,
  type LaneResult,
  type LaneSurvey,
  type LaneTask,
  type WantedItem,
} from './lane-message.ts';
import { usesGpu, withoutGpu } from './lane-survey.ts';

/** Computes tasks in lanes, each a worker of its own. */
export type ComputePool = {
  /** Opens the first lane and tells what the device computes rightly. */
  open(opening: PoolOpening, signal: AbortSignal): Promise<Outcome<LaneSurvey>>;
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

/** What lanes may use until the pool is closed, and what brings them what they lack. */
export type PoolOpening = { readonly limits: AgentLimits; readonly give: GiveItem };

export type PoolTask = {
  readonly task: LaneTask;
  readonly onProgress: (progress: LaneProgress) => void;
  /** Told why the GPU could not do it, before the task is computed again. */
  readonly onGpuFailed: (failure: Failure) => void;
};

/** Brings what a lane lacks. */
export type GiveItem = (item: WantedItem, signal: AbortSignal) => Promise<Outcome<Uint8Array>>;

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

/** A pool whose workers `spawn` starts. */
export function computePool(spawn: SpawnLane): ComputePool {
  return new Pool(spawn);
}

class Pool implements ComputePool {
  readonly #spawn: SpawnLane;
  /** What was found once holds for the life of the device. */
  readonly #surveys = new Map<BackendChoice, LaneSurvey>();
  #opened: PoolOpening | null = null;
  #idle: Lane[] = [];
  #closing = new AbortController();
  #gpuLosses = 0;

  constructor(spawn: SpawnLane) {
    this.#spawn = spawn;
  }

  async open(opening: PoolOpening, signal: AbortSignal): Promise<Outcome<LaneSurvey>> {
    this.close();
    this.#opened = opening;
    this.#closing = new AbortController();
    const until = AbortSignal.any([signal, this.#closing.signal]);
    const lane = await this.#openLane(opening, until);
    if (!lane.ok) return lane;
    const { backend } = opening.limits;
    const survey = this.#surveys.get(backend) ?? lane.value.survey;
    this.#surveys.set(backend, survey);
    // Closed in the meantime: the idle lanes are another opening's.
    if (until.aborted) lane.value.terminate();
    else this.#idle.push(lane.value);
    return succeed(survey);
  }

  survey(): LaneSurvey | null {
    return this.#opened === null ? null : (this.#surveys.get(this.#opened.limits.backend) ?? null);
  }

  async run(task: PoolTask, signal: AbortSignal): Promise<LaneResult> {
    const opened = this.#opened;
    if (opened === null) return failedRun(failure('canceled', 'the pool is closed. Open it.'));
    const until = AbortSignal.any([signal, this.#closing.signal]);
    const first = await this.#try(opened, task, until);
    if (first.outputs.ok || first.backend !== 'webgpu' || until.aborted) return first;
    if (TASKS_OWN.has(first.outputs.failure.code)) return first;
    task.onGpuFailed(first.outputs.failure);
    // The GPU failed, not the task: once more on a fresh device, then without one.
    if (first.outputs.failure.code === 'device_lost') {
      const second = await this.#try(opened, task, until);
      if (second.outputs.ok || until.aborted) return second;
    }
    this.#renounceGpu(opened.limits.backend, first.outputs.failure.message);
    return this.#try(opened, task, until);
  }

  close(): void {
    this.#closing.abort();
    for (const lane of this.#idle) lane.terminate();
    this.#idle = [];
    this.#opened = null;
  }

  async #try(opened: PoolOpening, task: PoolTask, signal: AbortSignal): Promise<LaneResult> {
    const { backend } = opened.limits;
    // A GPU's failure is made up for by computing the same inputs again.
    const primitives = this.#surveys.get(backend)?.primitives ?? {};
    const mayMove = primitives[primitiveOf(task.task.work)] !== 'webgpu';
    const lane = await this.#take(opened, signal);
    if (!lane.ok) return failedRun(lane.failure);
    const result = await lane.value.run(task, { signal, timeoutMs: TASK_RUN_MS_MAX, mayMove });
    this.#putBack(backend, lane.value, result, signal);
    return result;
  }

  /** The idle lane that was used last: its caches are warm. */
  async #take(opened: PoolOpening, signal: AbortSignal): Promise<Outcome<Lane>> {
    for (let lane = this.#idle.pop(); lane !== undefined; lane = this.#idle.pop()) {
      if (!lane.isDead) return succeed(lane);
    }
    return this.#openLane(opened, signal);
  }

  #putBack(backend: BackendChoice, lane: Lane, result: LaneResult, signal: AbortSignal): void {
    const failed = result.outputs.ok ? null : result.outputs.failure;
    const failedOnGpu = failed !== null && result.backend === 'webgpu';
    if (lane.lostGpu || (failedOnGpu && failed.code === 'device_lost')) {
      this.#gpuLosses += 1;
      const why = failed?.message ?? 'the GPU got lost again and again.';
      if (this.#gpuLosses >= GPU_LOSSES_MAX) this.#renounceGpu(backend, why);
    }
    if (lane.isDead || signal.aborted || lane.lostGpu || failedOnGpu) {
      lane.terminate();
      return;
    }
    this.#idle.push(lane);
  }

  #renounceGpu(backend: BackendChoice, why: string): void {
    const survey = this.#surveys.get(backend);
    if (survey === undefined || !usesGpu(survey)) return;
    this.#surveys.set(backend, withoutGpu(survey, why));
    for (const lane of this.#idle) lane.terminate();
    this.#idle = [];
  }

  async #openLane({ limits, give }: PoolOpening, signal: AbortSignal): Promise<Outcome<Lane>> {
    const lane = await openLane({
      spawn: this.#spawn,
      give,
      backend: limits.backend,
      survey: this.#surveys.get(limits.backend) ?? null,
      cacheBytes: (limits.memoryBytes / limits.lanes) * CACHE_SHARE,
      timeoutMs: LANE_OPEN_MS,
      signal,
    });
    const known = this.#surveys.get(limits.backend);
    // It found the GPU gone.
    const lacksGpu =
      lane.ok && known !== undefined && usesGpu(known) && !usesGpu(lane.value.survey);
    if (lacksGpu) this.#surveys.set(limits.backend, lane.value.survey);
    return lane;
  }
}

function failedRun(cause: Failure): LaneResult {
  return { outputs: fail(cause), computeMs: 0, backend: 'wasm' };
}
