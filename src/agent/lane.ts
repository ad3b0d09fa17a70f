import { assert, assertNever } from '../domain/assert.ts';
import type { ConformanceReport } from '../domain/capability.ts';
import { failure, type Failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { BackendChoice } from './agent-event.ts';
import type { GiveItem, PoolTask } from './pool-task.ts';
import {
  primitiveOf,
  type LaneAnswer,
  type LaneProgress,
  type LaneRequest,
  type LaneResult,
  type LaneSpot,
  type LaneSurvey,
  type LaneTask,
  type SpotResult,
} from './lane-message.ts';

/** A started worker, in whichever way this platform has them. */
export type LaneWorker = {
  /** Moves the buffers named. */
  post(request: LaneRequest, moved: readonly ArrayBuffer[]): void;
  /** Ends it in mid-instruction. */
  terminate(): void;
};

/** Starts a worker. `died` is told why it ended by itself, at most once. */
export type SpawnLane = (heard: {
  readonly answered: (answer: LaneAnswer) => void;
  readonly died: (why: string) => void;
}) => LaneWorker;

/** One opened lane: a worker that computes one task at a time. */
export type Lane = {
  readonly survey: LaneSurvey;
  readonly isDead: boolean;
  readonly lostGpu: boolean;
  /** Moves the inputs where the caller lets it and no GPU is to compute them. */
  run(task: PoolTask, until: Until & { readonly mayMove: boolean }): Promise<LaneResult>;
  /** Tries backends again; null: the lane died of it. */
  spot(spot: LaneSpot, until: Until): Promise<SpotResult | null>;
  terminate(): void;
};

/**
 * Starts a worker and opens its kernels.
 *
 * Errors: those of `openKernels`, "timeout", "execution_failed" where it died, "canceled".
 */
export async function openLane(options: {
  readonly spawn: SpawnLane;
  readonly give: GiveItem;
  readonly backend: BackendChoice;
  readonly survey: LaneSurvey | null;
  readonly broken: readonly ConformanceReport[];
  readonly cacheBytes: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}): Promise<Outcome<Lane>> {
  const { signal, backend, survey, broken, cacheBytes, timeoutMs } = options;
  if (signal.aborted) return fail(canceled());
  const lane = new WorkerLane(options.spawn, options.give);
  const opened = await lane.open(
    { kind: 'open', backend, survey, broken, cacheBytes },
    { signal, timeoutMs },
  );
  return opened.ok ? succeed(lane) : opened;
}

type Until = { readonly signal: AbortSignal; readonly timeoutMs: number };
type Begun = {
  readonly onProgress: (progress: LaneProgress) => void;
  /** Called with the answer, or with why there will be none. */
  readonly end: (
    ended: Extract<LaneAnswer, { kind: 'opened' | 'ran' | 'spotted' }> | Failure,
  ) => void;
  /** Begins the time anew: loading is over. */
  readonly restartTimer: () => void;
};

class WorkerLane implements Lane {
  readonly #worker: LaneWorker;
  readonly #give: GiveItem;
  readonly #ending = new AbortController();
  #survey: LaneSurvey | null = null;
  #begun: Begun | null = null;
  isDead = false;
  lostGpu = false;

  constructor(spawn: SpawnLane, give: GiveItem) {
    this.#give = give;
    this.#worker = spawn({
      answered: (answer) => this.#take(answer),
      died: (why) => this.#die(laneDied(why)),
    });
  }

  get survey(): LaneSurvey {
    assert(this.#survey !== null, 'a lane is given out only once it is open');
    return this.#survey;
  }

  async open(
    request: Extract<LaneRequest, { kind: 'open' }>,
    until: Until,
  ): Promise<Outcome<LaneSurvey>> {
    const ended = await this.#begin(
      () => this.#worker.post(request, []),
      until,
      () => {},
    );
    if (!('kind' in ended)) return fail(ended);
    assert(ended.kind === 'opened', 'a lane answers what it was asked');
    if (ended.survey.ok) this.#survey = ended.survey.value;
    else this.terminate();
    return ended.survey;
  }

  async run(
    { task, onProgress }: PoolTask,
    until: Until & { readonly mayMove: boolean },
  ): Promise<LaneResult> {
    const startedAtMs = performance.now();
    const planned = this.survey.primitives[primitiveOf(task.work)] ?? 'wasm';
    const moved = until.mayMove && planned !== 'webgpu' ? buffersOfInputs(task) : [];
    const post = (): void => this.#worker.post({ kind: 'run', ...task }, moved);
    const ended = await this.#begin(post, until, onProgress);
    if ('kind' in ended) {
      assert(ended.kind === 'ran', 'a lane answers what it was asked');
      const { outputs, computeMs, backend } = ended;
      return { outputs, computeMs, backend };
    }
    const computeMs = performance.now() - startedAtMs;
    return { outputs: fail(ended), computeMs, backend: planned };
  }

  async spot(spot: LaneSpot, until: Until): Promise<SpotResult | null> {
    const post = (): void => this.#worker.post({ kind: 'spot', ...spot }, []);
    const ended = await this.#begin(post, until, () => {});
    if (!('kind' in ended)) return null;
    assert(ended.kind === 'spotted', 'a lane answers what it was asked');
    const { failed, isInconclusive } = ended;
    return { failed, isInconclusive };
  }

  terminate(): void {
    this.#die(canceled());
  }

  /** Asks the worker for something and waits for its answer, its death, the time or the signal. */
  #begin(
    post: () => void,
    until: Until,
    onProgress: Begun['onProgress'],
  ): Promise<Parameters<Begun['end']>[0]> {
    assert(this.#begun === null, 'a lane does one thing at a time');
    const { signal, timeoutMs } = until;
    if (signal.aborted || this.isDead) {
      this.terminate();
      return Promise.resolve(canceled());
    }
    return new Promise((resolve) => {
      const onAbort = (): void => this.terminate();
      const onTime = (): void => this.#die(tookTooLong(timeoutMs));
      let timer = setTimeout(onTime, timeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#begun = {
        onProgress,
        restartTimer: () => {
          clearTimeout(timer);
          timer = setTimeout(onTime, timeoutMs);
        },
        end: (ended) => {
          this.#begun = null;
          clearTimeout(timer);
          signal.removeEventListener('abort', onAbort);
          resolve(ended);
        },
      };
      post();
    });
  }

  #take(answer: LaneAnswer): void {
    switch (answer.kind) {
      case 'opened':
      case 'ran':
      case 'spotted':
        this.#begun?.end(answer);
        return;
      case 'progress':
        if (answer.rowsDone === 0) this.#begun?.restartTimer();
        this.#begun?.onProgress(progressOf(answer));
        return;
      case 'gpu-lost':
        this.lostGpu = true;
        return;
      case 'want':
        void this.#bring(answer);
        return;
      default:
        assertNever(answer);
    }
  }

  async #bring(wanted: Extract<LaneAnswer, { kind: 'want' }>): Promise<void> {
    const bytes = await this.#give(wanted.item, this.#ending.signal);
    if (this.isDead) return;
    const give = { kind: 'give', request: wanted.request, bytes } as const;
    this.#worker.post(give, bytes.ok ? ownBuffer(bytes.value) : []);
  }

  #die(why: Failure): void {
    if (this.isDead) return;
    this.isDead = true;
    this.#ending.abort();
    this.#worker.terminate();
    this.#begun?.end(why);
  }
}

function progressOf({ rowsDone, primitive, backend }: LaneProgress): LaneProgress {
  return { rowsDone, primitive, backend };
}

function buffersOfInputs({ inputs }: LaneTask): ArrayBuffer[] {
  return [...new Set(inputs.flatMap((input) => (input === null ? [] : ownBuffer(input.bytes))))];
}

/** The buffer behind an array, where it is nobody else's. */
function ownBuffer({ buffer, byteLength }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}

function laneDied(why: string): Failure {
  const text = `the worker that computed died: ${why.slice(0, 300)}. Try it on another device.`;
  return failure('execution_failed', text);
}

function tookTooLong(timeoutMs: number): Failure {
  const text = `the worker took longer than ${timeoutMs} ms and was stopped. Cut smaller tasks.`;
  return failure('timeout', text);
}

function canceled(): Failure {
  return failure('canceled', 'the computation was stopped.');
}
