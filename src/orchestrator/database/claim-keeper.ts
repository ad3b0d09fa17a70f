// Claims of this member, from taking to their end.
//
//   taken -> at work -> all rows accepted -> booked as done
//               \-> no agent here is at its rows -> given back: what was accepted is booked as
//                   done, what is with agents or being judged stays, and all else is open
//
// One claim is taken, given back or looked for at a time. What is accepted meanwhile is booked
// behind what was given back before, so that the database knows a claim as the book does.
import type { JobId } from '../../domain/ids.ts';
import {
  CLAIM_IDLE_MS,
  CLAIM_REST_MS,
  CLAIM_UNABLE_MS,
  CLAIMS_PER_CALL_MAX,
  OPEN_JOBS_MAX,
  TASKS_AHEAD_PER_AGENT,
} from '../../domain/limits.ts';
import {
  countAble,
  countAgents,
  countOpenJobs,
  countWaiting,
  hasWaitingRows,
  jobView,
  type SchedulerEffect,
} from '../../scheduler/index.ts';
import type { Coordinator } from '../coordinator.ts';
import type { BackgroundWork } from './background-work.ts';
import { ClaimBook, type FinishedClaim } from './claim-book.ts';
import type { Actor, Claim } from './claim.ts';
import type { Claims, OpenStage } from './claims.ts';
import { tasksOfClaim } from './cut-claims.ts';
import { submissionFrom, type Submission } from './new-stage.ts';
import type { Settlement } from './settle-claim.ts';
import type { SharedJobs } from './shared-jobs.ts';

/** A job of which claims are at work here, or were. */
type Held = {
  readonly submission: Submission;
  /** When claims of it were last taken or given back, or tasks of it leased. */
  stirredAtMs: number;
  /** Claims of it are left to others until then. */
  restUntilMs: number;
};

export class ClaimKeeper {
  readonly #coordinator: Coordinator;
  readonly #claims: Claims;
  readonly #jobs: Pick<SharedJobs, 'plan'>;
  readonly #as: Actor;
  readonly #now: () => number;
  readonly #work: BackgroundWork;
  readonly #book = new ClaimBook();
  readonly #held = new Map<JobId, Held>();
  /** Claims whose end is being booked. */
  readonly #finishing = new Set<string>();
  /** What is given back is being booked. */
  #returning: Promise<void> = Promise.resolve();
  /** A claim may be ours without our knowing: the answer of taking it was lost. */
  #mayHoldMore = false;
  /** Tasks accepted between the last two looks, and since. */
  #acceptedLast = 0;
  #acceptedNow = 0;
  #feeding = false;
  #feedAgain = false;

  constructor(parts: {
    readonly coordinator: Coordinator;
    readonly claims: Claims;
    readonly jobs: Pick<SharedJobs, 'plan'>;
    readonly member: number;
    /** Unix time in milliseconds. */
    readonly now: () => number;
    readonly work: BackgroundWork;
  }) {
    const { member } = parts;
    this.#coordinator = parts.coordinator;
    this.#claims = parts.claims;
    this.#jobs = parts.jobs;
    this.#as = { member, stream: member };
    this.#now = parts.now;
    this.#work = parts.work;
  }

  /** Jobs of which claims are at work here, or were. */
  jobs(): readonly JobId[] {
    return [...this.#held.keys()];
  }

  /** A job is over: nothing of it is booked any more. */
  drop(job: JobId): void {
    this.#book.drop(job);
    this.#held.delete(job);
  }

  /** Told each effect. */
  carryOut(effect: SchedulerEffect): void {
    switch (effect.kind) {
      case 'leases-granted':
        for (const { job } of effect.leases) this.#stir(job);
        if (this.#tasksWanted() > 0) this.feed();
        return;
      case 'tasks-accepted':
        this.#acceptedNow += effect.tasks.length;
        for (const task of effect.tasks) {
          const finished = this.#book.accept(task);
          if (finished !== null) this.#work.run(() => this.#finish(finished));
        }
        if (this.#tasksWanted() > 0) this.feed();
        return;
      case 'rows-released': {
        this.#return(this.#book.release(effect));
        return;
      }
      default:
        return;
    }
  }

  /** Every DATABASE_POLL_MS: what was accepted since then is what agents here may do until the next. */
  look(): void {
    this.#acceptedLast = this.#acceptedNow;
    this.#acceptedNow = 0;
    this.feed();
  }

  /** Takes what agents here want, and gives back what they are not at. */
  feed(): void {
    this.#feedAgain = true;
    if (this.#feeding || this.#work.isStopped) return;
    this.#feeding = true;
    this.#work.run(async () => {
      try {
        while (this.#feedAgain && !this.#work.isStopped) {
          this.#feedAgain = false;
          await this.#returning;
          await this.#giveBack();
          if (this.#mayHoldMore) await this.#takeForgotten();
          await this.#take();
        }
      } finally {
        this.#feeding = false;
      }
    });
  }

  /** As much as agents here did in the last while is taken ahead, and at least a few for each. */
  #tasksWanted(): number {
    const { state } = this.#coordinator;
    const few = TASKS_AHEAD_PER_AGENT * countAgents(state);
    return Math.max(few, this.#acceptedLast, this.#acceptedNow) - countWaiting(state);
  }

  async #take(): Promise<void> {
    for (;;) {
      if (this.#tasksWanted() <= 0) return;
      const open = await this.#claims.openStages();
      if (!open.ok) return;
      let found = false;
      for (const stage of open.value) {
        const submission = this.#wanted(stage);
        const wanted = this.#tasksWanted() / open.value.length;
        if (submission === null || wanted <= 0) continue;
        const count = Math.ceil(wanted / tasksOfClaim(submission.stage));
        const to = { member: this.#as.member, count: Math.min(count, CLAIMS_PER_CALL_MAX) };
        const taken = await this.#claims.take(stage.stageId, to);
        if (!taken.ok) {
          this.#mayHoldMore = true;
          return;
        }
        for (const claim of taken.value) await this.#begin(claim, submission);
        found ||= taken.value.length > 0;
      }
      if (!found || this.#work.isStopped) return;
    }
  }

  /** Null where agents here could not do it, or it is left to others. */
  #wanted({ job, plan }: OpenStage): Submission | null {
    const { state } = this.#coordinator;
    const submission = submissionFrom(plan);
    if (!this.#areAble(submission)) return null;
    if ((this.#held.get(job)?.restUntilMs ?? 0) > this.#now()) return null;
    const known = jobView(state, job);
    if (known === null) return countOpenJobs(state) < OPEN_JOBS_MAX ? submission : null;
    return known.endedAtMs === null ? submission : null;
  }

  /** Whether agents here could bring tasks of a job to their end. */
  #areAble({ stage, checking }: Submission): boolean {
    const needed = checking.kind === 'twice' ? 2 : 1;
    return countAble(this.#coordinator.state, stage.requirement) >= needed;
  }

  async #begin(claim: Claim, submission: Submission): Promise<void> {
    const { job, stage } = submission;
    const { rows } = claim;
    const nowMs = this.#now();
    this.#held.set(job, { submission, stirredAtMs: nowMs, restUntilMs: nowMs });
    this.#book.add({ ...claim, job, stage: stage.stage });
    const known = jobView(this.#coordinator.state, job);
    if (known === null) return this.#coordinator.insist({ ...submission, claimed: rows });
    if (known.stage === stage.stage) {
      return this.#coordinator.insist({ kind: 'rows-claimed', job, stage: stage.stage, rows });
    }
    return this.#coordinator.insist({ kind: 'stage-planned', job, stage, claimed: rows });
  }

  async #takeForgotten(): Promise<void> {
    // As of before: one that is booked as done meanwhile may still be told of as held.
    const known = new Set([...this.#book.claims().map(keyOf), ...this.#finishing]);
    const held = await this.#claims.held(this.#as.stream);
    if (!held.ok) return;
    for (const claim of held.value) {
      if (known.has(keyOf(claim))) continue;
      const plan = await this.#jobs.plan(claim.stageId);
      if (!plan.ok) return;
      await this.#begin(claim, submissionFrom(plan.value));
    }
    this.#mayHoldMore = false;
  }

  async #giveBack(): Promise<void> {
    const nowMs = this.#now();
    for (const [job, held] of this.#held) {
      if (!hasWaitingRows(this.#coordinator.state, job)) continue;
      const { submission, stirredAtMs } = held;
      const mostMs = this.#areAble(submission) ? CLAIM_IDLE_MS : CLAIM_UNABLE_MS;
      if (nowMs - stirredAtMs < mostMs) continue;
      held.stirredAtMs = nowMs;
      held.restUntilMs = nowMs + CLAIM_REST_MS;
      const { stage } = submission.stage;
      const released = await this.#coordinator.submit({ kind: 'rows-released', job, stage });
      if (!released.ok) return;
    }
    await this.#returning;
  }

  #return(settlements: readonly Settlement[]): void {
    const before = this.#returning;
    this.#returning = new Promise((resolve) => {
      this.#work.run(async () => {
        await before;
        await this.#work.surely(() => this.#claims.settle(settlements, this.#as)).finally(resolve);
      });
    });
  }

  async #finish(claim: FinishedClaim): Promise<void> {
    const key = keyOf(claim);
    this.#finishing.add(key);
    await this.#returning;
    await this.#work.surely(() => this.#claims.finish(claim, this.#as));
    this.#finishing.delete(key);
  }

  #stir(job: JobId): void {
    const held = this.#held.get(job);
    if (held !== undefined) held.stirredAtMs = this.#now();
  }
}

function keyOf({ stageId, rows }: Claim): string {
  return `${stageId} ${rows.start}`;
}
