import { setTimeout as pause } from 'node:timers/promises';
import { failure } from '../domain/failure.ts';
import type { JobId } from '../domain/ids.ts';
import type { JobView } from '../domain/job.ts';
import { RECONNECT_MS_MIN, WATCH_LOST_MS_MAX, WATCH_STREAM_MS } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { jobFromWire } from '../wire/index.ts';
import type { Connection } from './connection.ts';
import { isNewsworthy, jobLine, jobShare, type WatchStart } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** Whether a job will change no more. */
export function isOver(job: JobView): boolean {
  return job.state === 'done' || job.state === 'failed' || job.state === 'canceled';
}

/**
 * Follows a job to its end, through restarts of the orchestrator.
 *
 * Errors: those of WatchJob; unavailable behind WATCH_LOST_MS_MAX without an answer; canceled.
 */
export async function followJob(
  connection: Connection,
  of: {
    readonly job: JobId;
    readonly onView: (job: JobView) => void;
    /** Told once each time that the orchestrator is away. */
    readonly onLost: (reason: string) => void;
  },
): Promise<Outcome<JobView>> {
  let lastHeardAtMs = Date.now();
  let triesInVain = 0;
  for (;;) {
    const read = await readStream(connection, {
      job: of.job,
      onView(job) {
        lastHeardAtMs = Date.now();
        triesInVain = 0;
        of.onView(job);
      },
    });
    if (read.ok && read.value !== null) return succeed(read.value);
    if (connection.signal.aborted) return fail(failure('canceled', 'interrupted'));
    // A stream that ended before its job is opened again.
    if (read.ok) continue;
    const mayReturn = ['unavailable', 'timeout'].includes(read.failure.code);
    if (!mayReturn || Date.now() - lastHeardAtMs > WATCH_LOST_MS_MAX) return read;
    if (triesInVain === 0) of.onLost(read.failure.message);
    const waitMs = Math.min(RECONNECT_MS_MIN * 2 ** triesInVain++, 5000);
    // Aborted: seen above.
    await pause(waitMs, undefined, { signal: connection.signal }).catch(() => undefined);
  }
}

/** The job's end, or null where the stream was over before. */
async function readStream(
  { jobs, signal, failureOf }: Connection,
  of: { readonly job: JobId; readonly onView: (job: JobView) => void },
): Promise<Outcome<JobView | null>> {
  const tooLong = AbortSignal.timeout(WATCH_STREAM_MS);
  try {
    const options = { signal: AbortSignal.any([signal, tooLong]) };
    for await (const { job: message } of jobs.watchJob({ jobId: of.job }, options)) {
      if (message === undefined) return fail(failure('input_malformed', 'the job is missing'));
      const job = jobFromWire(message);
      if (!job.ok) return job;
      of.onView(job.value);
      if (isOver(job.value)) return job;
    }
    return succeed(null);
  } catch (thrown) {
    return tooLong.aborted ? succeed(null) : fail(failureOf(thrown));
  }
}

/** Shows a job's way: one line that changes for a person, a line for each tenth in a log. */
export function jobProgress(
  terminal: Terminal,
  { isJson }: { readonly isJson: boolean },
): (job: JobView) => void {
  let former: JobView | null = null;
  let since: WatchStart | null = null;
  return (job) => {
    const nowMs = Date.now();
    since ??= { atMs: nowMs, share: jobShare(job) };
    if (isJson) terminal.result(JSON.stringify(job));
    else if (terminal.isInteractive) {
      terminal.status(jobLine(job, { nowMs, width: terminal.width, since }));
    } else if (isNewsworthy(former, job)) {
      terminal.note(jobLine(job, { nowMs, width: 200, since }));
    }
    former = job;
  };
}
