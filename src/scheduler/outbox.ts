import type { SchedulerEffect } from './effect.ts';
import type { Job, SchedulerState } from './state.ts';

/** One step at work: what it changes, when it is, and where its effects go. */
export type Step = {
  readonly state: SchedulerState;
  readonly atMs: number;
  readonly outbox: Outbox;
};

/** Collects the effects of one event; changes of a job are told once, behind the others. */
export class Outbox {
  readonly #effects: SchedulerEffect[] = [];
  /** Made for the first, since most events change no job or one. */
  #changedJobs: Set<Job> | null = null;
  #workAvailable = false;

  put(effect: SchedulerEffect): void {
    this.#effects.push(effect);
  }

  jobChanged(job: Job): void {
    this.#changedJobs ??= new Set();
    this.#changedJobs.add(job);
  }

  /** Ends a job: it changes no more. */
  jobEnded(job: Job, effect: SchedulerEffect & { readonly kind: 'job-ended' }): void {
    this.#changedJobs?.delete(job);
    this.#effects.push(effect);
  }

  workAvailable(): void {
    this.#workAvailable = true;
  }

  effects(): SchedulerEffect[] {
    for (const job of this.#changedJobs ?? []) this.put({ kind: 'job-changed', job: job.id });
    if (this.#workAvailable) this.put({ kind: 'work-available' });
    return this.#effects;
  }
}
