import { failure, FailureError } from '../../domain/failure.ts';
import type { JobId } from '../../domain/ids.ts';
import type { JobView } from '../../domain/job.ts';
import { WATCH_UPDATE_MS, WATCHERS_MAX } from '../../domain/limits.ts';
import { shuttingDown } from '../coordinator.ts';
import { pause, type Platform } from '../platform.ts';

/** Streams of jobs as they change. */
export type JobWatch = {
  /**
   * A job as it stands now and at each change, until it ends or nobody listens.
   *
   * Limits: WATCHERS_MAX. Errors: throws failures "job_unknown" | "queue_full" | "unavailable".
   */
  watch(job: JobId, signal: AbortSignal): AsyncGenerator<JobView>;
  /** A job changed or ended. */
  changed(job: JobId): void;
  /** The jobs that somebody watches. */
  watched(): readonly JobId[];
  stop(): void;
};

export function jobWatch(
  viewOf: (job: JobId) => Promise<JobView | null>,
  platform: Pick<Platform, 'after'>,
): JobWatch {
  const listeners = new Map<JobId, Set<() => void>>();
  let count = 0;
  let stopped = false;

  const stirAll = (job: JobId): void => {
    for (const stir of listeners.get(job) ?? []) stir();
  };

  async function* watch(job: JobId, signal: AbortSignal): AsyncGenerator<JobView> {
    if (count >= WATCHERS_MAX) {
      const text = `there are ${WATCHERS_MAX} watchers already. Ask with GetJob now and then`;
      throw new FailureError(failure('queue_full', `${text}.`, 5_000));
    }
    let isStale = true;
    let stir = (): void => {};
    const onChange = (): void => {
      isStale = true;
      stir();
    };
    const watching = listeners.get(job) ?? new Set();
    listeners.set(job, watching.add(onChange));
    signal.addEventListener('abort', onChange);
    count += 1;
    try {
      while (!signal.aborted) {
        if (stopped) throw new FailureError(shuttingDown());
        if (!isStale) {
          await new Promise<void>((resolve) => {
            stir = resolve;
          });
          continue;
        }
        isStale = false;
        const view = await viewOf(job);
        if (view === null) throw new FailureError(jobUnknown(job));
        yield view;
        if (view.endedAtMs !== null) return;
        await pause(platform, WATCH_UPDATE_MS);
      }
    } finally {
      count -= 1;
      signal.removeEventListener('abort', onChange);
      watching.delete(onChange);
      if (watching.size === 0) listeners.delete(job);
    }
  }

  return {
    watch,
    changed: stirAll,
    watched: () => [...listeners.keys()],
    stop() {
      stopped = true;
      for (const job of listeners.keys()) stirAll(job);
    },
  };
}

/** No such job here. */
export function jobUnknown(job: JobId) {
  return failure('job_unknown', `there is no job ${job} here. List them with "job list".`);
}
