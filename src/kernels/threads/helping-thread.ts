import { assert } from '../../domain/assert.ts';
import type { FromThread, ToThread } from './thread-message.ts';

/** A started thread: a worker of a page, a thread of Node. */
export type ThreadProcess = {
  post(told: ToThread): void;
  /** Ends it in mid-instruction. */
  terminate(): void;
};

/** Starts a thread that runs `serveThread`. `died` is told why it ended by itself. */
export type SpawnThread = (heard: {
  readonly answered: (answer: FromThread) => void;
  readonly died: (why: string) => void;
}) => ThreadProcess;

/** How long a thread that is about to be done is watched. Milliseconds. */
const SPIN_MS = 0.2;

type Answer = { readonly promise: Promise<boolean>; readonly resolve: (isDone: boolean) => void };

/**
 * A thread that does parts of products, seen from the thread that it helps.
 *
 *   idle ──begin──> asked ──done──> idle
 *                     └──failed, died, or silent too long──> gone
 */
export class HelpingThread {
  readonly #process: ThreadProcess;
  #answer: Answer | null = null;
  #turn = 0;
  #isGone = false;

  constructor(spawn: SpawnThread) {
    this.#process = spawn({
      answered: (answer) => {
        // What was seen to be done before it was heard may come when the next thing was begun.
        const isLate = answer.kind === 'done' && answer.turn !== this.#turn;
        if (!isLate) this.#answer?.resolve(answer.kind === 'done');
      },
      died: () => {
        this.#isGone = true;
        this.#answer?.resolve(false);
      },
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Tells an idle thread to do something; `end` then waits for it. */
  begin(told: ToThread): void {
    assert(this.#answer === null, 'a helping thread is told one thing at a time');
    this.#answer = openAnswer();
    this.#turn = told.kind === 'run' ? told.turn : 0;
    if (this.#isGone) this.#answer.resolve(false);
    else this.#process.post(told);
  }

  /**
   * Waits for what was begun: true, or false where it is not done and the thread is gone.
   *
   * First for SPIN_MS without giving way, by `isSeen`: an answer is heard about 0.1 ms after it is sent.
   */
  async end(withinMs: number, isSeen: () => boolean = () => false): Promise<boolean> {
    const answer = this.#answer;
    assert(answer !== null, 'only what was begun ends');
    const startedAtMs = performance.now();
    do {
      if (!isSeen()) continue;
      this.#answer = null;
      return true;
    } while (performance.now() - startedAtMs < SPIN_MS);
    const timer = setTimeout(() => answer.resolve(false), withinMs);
    const isDone = await answer.promise;
    clearTimeout(timer);
    this.#answer = null;
    if (!isDone) this.terminate();
    return isDone;
  }

  terminate(): void {
    this.#isGone = true;
    this.#answer?.resolve(false);
    this.#process.terminate();
  }
}

function openAnswer(): Answer {
  let resolve: Answer['resolve'] = () => undefined;
  const promise = new Promise<boolean>((settle) => (resolve = settle));
  return { promise, resolve };
}
