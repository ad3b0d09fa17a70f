import type { AcceptedTask, CheckRequest, RevokedTask, SchedulerEffect } from './effect.ts';
import type { Job, SchedulerState } from './state.ts';

/** One step at work: what it changes, when it is, and where its effects go. */
export type Step = {
  readonly state: SchedulerState;
  readonly atMs: number;
  readonly outbox: Outbox;
};

/** Collects the effects of one event: checks and accepted tasks in one each, changes behind all. */
export class Outbox {
  readonly #effects: SchedulerEffect[] = [];
  readonly #checks: CheckRequest[] = [];
  readonly #accepted: AcceptedTask[] = [];
  /** Made for the first, since few events revoke anything. */
  #revoked: RevokedTask[] | null = null;
  /** Made for the second, since most events change no job or one. */
  #changedJobs: Set<Job> | null = null;
  #changedJob: Job | null = null;
  #workAvailable = false;

  put(effect: SchedulerEffect): void {
    this.#effects.push(effect);
  }

  check(request: CheckRequest): void {
    this.#checks.push(request);
  }

  accepted(task: AcceptedTask): void {
    this.#accepted.push(task);
  }

  revoked(task: RevokedTask): void {
    (this.#revoked ??= []).push(task);
  }

  jobChanged(job: Job): void {
    if (job === this.#changedJob) return;
    if (this.#changedJob !== null) (this.#changedJobs ??= new Set()).add(this.#changedJob);
    this.#changedJob = job;
  }

  workAvailable(): void {
    this.#workAvailable = true;
  }

  effects(): SchedulerEffect[] {
    const effects: SchedulerEffect[] = [];
    if (this.#accepted.length > 0) effects.push({ kind: 'tasks-accepted', tasks: this.#accepted });
    if (this.#revoked !== null) effects.push({ kind: 'tasks-revoked', tasks: this.#revoked });
    for (const effect of this.#effects) effects.push(effect);
    if (this.#checks.length > 0) effects.push({ kind: 'checks-requested', checks: this.#checks });
    const changed = this.#changedJobs ?? new Set();
    if (this.#changedJob !== null) changed.add(this.#changedJob);
    // A job that ended changes no more.
    for (const job of changed) {
      if (!job.ended) effects.push({ kind: 'job-changed', job: job.id });
    }
    if (this.#workAvailable) effects.push({ kind: 'work-available' });
    return effects;
  }
}
