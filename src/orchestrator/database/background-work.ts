import { FailureError, type Failure } from '../../domain/failure.ts';
import { DISK_RETRY_MS } from '../../domain/limits.ts';
import { fail, type Outcome } from '../../domain/outcome.ts';
import type { Logger } from '../logger.ts';

/** Work with the database that nobody waits for, but who stops. */
export class BackgroundWork {
  readonly #logger: Pick<Logger, 'error'>;
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(logger: Pick<Logger, 'error'>) {
    this.#logger = logger;
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  /** What fails for the database's sake is looked for again by its caller; anything else is a bug. */
  run(work: () => Promise<void>): void {
    const running = work()
      .catch((cause: unknown) => {
        this.#logger.error('work with the database failed', { cause: String(cause) });
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Again and again until the database takes it, or another has this one's work, or it stops. */
  async surely(work: () => Promise<Outcome<unknown>>): Promise<void> {
    for (;;) {
      const outcome = await work().catch(failedBy);
      if (outcome.ok || isOver(outcome.failure) || this.#stopped) return;
      await new Promise((resolve) => setTimeout(resolve, DISK_RETRY_MS));
    }
  }

  /** Begins no try anew, and waits for those under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.settled();
  }

  /** All that runs has ended, and all that it began. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}

/** The value of an outcome; a failure rejects, for whoever tries again. */
export function certain<Value>(outcome: Outcome<Value>): Value {
  if (!outcome.ok) throw new FailureError(outcome.failure);
  return outcome.value;
}

function isOver({ code }: Failure): boolean {
  return code === 'member_fenced';
}

function failedBy(cause: unknown): Outcome<never> {
  if (cause instanceof FailureError) return fail(cause.failure);
  throw cause;
}
