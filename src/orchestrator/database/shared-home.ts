// Jobs of several orchestrators that share a database.
//
//   submitted -> claims open -> some taken here -> computed, accepted -> booked as done
//             -> all done -> its owner assembles -> the next stage's claims open, or it ends
//
// Whatever is found out by a notice is also looked for every DATABASE_POLL_MS.
import { encode } from 'cborg';
import { failure as failureOf, type Failure } from '../../domain/failure.ts';
import type { AgentId, JobId } from '../../domain/ids.ts';
import { DATABASE_POLL_MS, OPEN_JOBS_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { equalBytes } from '../../integrity/index.ts';
import { jobView, standingOf, type JobEnd, type SchedulerEffect } from '../../scheduler/index.ts';
import { submissionOf, type HomeParts, type JobHome } from '../jobs/job-home.ts';
import { conflict } from '../jobs/job-intake.ts';
import { agentStandings } from './agent-standings.ts';
import { assembleShared } from './assemble-shared.ts';
import { BackgroundWork, certain } from './background-work.ts';
import { ClaimKeeper } from './claim-keeper.ts';
import { claimsOf } from './claims.ts';
import type { Database } from './database.ts';
import { deedsOf, type Deeds } from './deeds.ts';
import { jobEndings, type JobEndings } from './job-endings.ts';
import { keepMembership } from './membership.ts';
import { membersOf, type Member, type Ward } from './members.ts';
import { newStage } from './new-stage.ts';
import { listen, type Notice } from './notices.ts';
import { sharedJobsOf } from './shared-jobs.ts';
import { sharedViews } from './shared-views.ts';
import { streamOutputs } from './stream-outputs.ts';
import { bringWardToItsEnd } from './ward.ts';

export type SharedHomeOptions = {
  readonly database: Database;
  readonly member: Member;
  /** Another adopted this one's work: the process must end. */
  readonly onFenced: (failure: Failure) => void;
};

/** A home over the database, for a member that joined. */
export function sharedHome(options: SharedHomeOptions): (parts: HomeParts) => JobHome {
  return (parts) => new SharedHome(options, parts);
}

class SharedHome implements JobHome {
  readonly #parts: HomeParts;
  readonly #options: SharedHomeOptions;
  readonly #epoch: number;
  readonly #jobs;
  readonly #views;
  readonly #standings;
  readonly #work: BackgroundWork;
  readonly #keeper: ClaimKeeper;
  readonly #endings: JobEndings;
  readonly #assemble: () => Promise<void>;
  readonly #changed = new Set<JobId>();
  readonly #deeds: Deeds;
  readonly #wards = new Set<number>();
  #end: (() => Promise<void>) | null = null;
  #leave: (() => Promise<void>) | null = null;

  constructor(options: SharedHomeOptions, parts: HomeParts) {
    const { database, member } = options;
    this.#options = options;
    this.#parts = parts;
    this.#epoch = member.epoch;
    this.#jobs = sharedJobsOf(database);
    this.#views = sharedViews(database);
    this.#standings = agentStandings(database);
    this.#deeds = deedsOf({
      standings: this.#standings,
      as: { member: this.#epoch, stream: this.#epoch },
      eventCount: parts.coordinator.eventCount,
    });
    this.#work = new BackgroundWork(parts.logger);
    const own = { jobs: this.#jobs, claims: claimsOf(database), member: this.#epoch };
    this.#keeper = new ClaimKeeper({ ...own, ...parts, work: this.#work });
    this.#endings = jobEndings({ ...own, now: parts.now, views: this.#views });
    this.#assemble = assembleShared({
      ...parts,
      ...own,
      outputs: streamOutputs(database),
      work: this.#work,
      done: (job, output) => this.#endings.end(job, { kind: 'done' }, output),
      failed: (job, failure) => this.#endSurely(job, { kind: 'failed', failure }),
    });
  }

  async accept(fresh: Parameters<JobHome['accept']>[0]): Promise<Outcome<JobId>> {
    const { job, idempotencyKey, specDigest, spec, plan, stage, work } = fresh;
    const first = newStage({ ...submissionOf(fresh), stage }, work);
    const told = { job, idempotencyKey, specDigest, deadlineAtMs: fresh.deadlineAtMs };
    const kept = { ...told, spec: encode(spec), plan: encode(plan) };
    const submitted = await this.#jobs.submit({ ...kept, first }, this.#epoch);
    if (!submitted.ok) return submitted;
    const { value } = submitted;
    if (value.kind === 'accepted') return succeed(job);
    if (value.kind === 'known') {
      // Its answer was lost the first time, or another member took it in the same moment.
      const isSame = equalBytes(new Uint8Array(value.specDigest), specDigest);
      return isSame ? succeed(value.job) : fail(conflict(idempotencyKey));
    }
    const text = `${OPEN_JOBS_MAX} jobs are open already. Submit it again when one has ended.`;
    return fail(failureOf('queue_full', text, 5_000));
  }

  view = async (job: JobId) => certain(await this.#views.of(job));

  async list({ afterToken, limit }: { readonly afterToken?: string; readonly limit: number }) {
    if (afterToken !== undefined && !/^\d{1,15}$/.test(afterToken)) {
      return fail(failureOf('input_invalid', 'not a page token: list again from the first page'));
    }
    const before = afterToken === undefined ? null : Number(afterToken);
    const page = await this.#views.list({ before, limit });
    if (!page.ok) return page;
    const { jobs, next } = page.value;
    return succeed({ jobs, nextToken: next === null ? null : `${next}` });
  }

  async cancel(job: JobId): Promise<Outcome<void>> {
    const ended = await this.#endings.end(job, { kind: 'canceled' });
    return ended.ok ? succeed(undefined) : ended;
  }

  /** What a claim brought is booked for all members: nobody takes it back. */
  readonly mayRevoke = false;
  historyOf = (agent: AgentId) => this.#standings.of(agent);

  async release(agent: AgentId, reason: string): Promise<Outcome<void>> {
    // What was found out before must not be told behind it.
    const told = await this.#deeds.tell();
    return told.ok ? this.#standings.release({ agent, reason }, this.#epoch) : told;
  }

  beforeShortening = () => this.#deeds.tell();

  carryOut(effect: SchedulerEffect): void {
    this.#keeper.carryOut(effect);
    this.#deeds.note(effect);
    switch (effect.kind) {
      case 'job-changed':
        this.#changed.add(effect.job);
        return;
      case 'job-ended':
        this.#over(effect.job);
        if (effect.end.kind !== 'done')
          this.#work.run(() => this.#endSurely(effect.job, effect.end));
        return;
      case 'agent-quarantined':
        this.#work.run(() => this.#work.surely(() => this.#deeds.tell()));
        return;
      default:
        return;
    }
  }

  async begin(): Promise<void> {
    const { database, member, onFenced } = this.#options;
    const { logger } = this.#parts;
    const membership = keepMembership({
      members: membersOf(database),
      member,
      logger,
      onFenced,
      onWards: (wards) => wards.forEach((ward) => this.#adopt(ward)),
    });
    const listening = listen(database.address, {
      notice: (notice) => this.#hear(notice),
      begun: () => this.#look(),
      lost: (cause) => logger.warn('notices of the database are lost', { cause: String(cause) }),
    });
    const timer = setInterval(() => this.#look(), DATABASE_POLL_MS);
    this.#end = async () => {
      clearInterval(timer);
      await listening.stop();
    };
    this.#leave = () => membership.leave();
    await membership.look();
  }

  async stop(): Promise<void> {
    const stopped = this.#work.stop();
    await this.#end?.();
    await stopped;
  }

  async leave(): Promise<void> {
    await this.#leave?.();
  }

  #hear(notice: Notice): void {
    switch (notice.kind) {
      case 'work':
        return this.#keeper.feed();
      case 'stage-done':
        return this.#work.run(() => this.#assemble());
      case 'job-ended':
        return this.#work.run(() => this.#endHere(notice.job));
      case 'quarantine': {
        const { agent, untilMs, reason } = notice;
        return void this.#parts.coordinator.insist({
          kind: 'agent-barred',
          agent,
          untilMs,
          reason,
        });
      }
      case 'release': {
        const { agent, reason } = notice;
        if (standingOf(this.#parts.coordinator.state, agent).quarantine === null) return;
        return void this.#parts.coordinator.insist({ kind: 'quarantine-released', agent, reason });
      }
    }
  }

  /** What no notice told. */
  #look(): void {
    if (this.#work.isStopped) return;
    this.#keeper.look();
    this.#work.run(() => this.#assemble());
    this.#work.run(() => this.#tell());
    this.#work.run(() => this.#endings.endLate());
    this.#work.run(async () => {
      const ended = await this.#jobs.endedAmong(this.#keeper.jobs());
      if (ended.ok) for (const job of ended.value) await this.#endHere(job);
    });
    for (const job of this.#parts.watched()) this.#parts.changed(job);
  }

  // Ends.

  async #endSurely(job: JobId, end: JobEnd): Promise<void> {
    await this.#work.surely(() => this.#endings.end(job, end));
  }

  /** It ended for all. */
  async #endHere(job: JobId): Promise<void> {
    const { coordinator, logger, changed } = this.#parts;
    changed(job);
    this.#keeper.drop(job);
    if (jobView(coordinator.state, job)?.endedAtMs !== null) return;
    logger.info('job ended', { job });
    await coordinator.insist({ kind: 'job-finished', job });
    // Where its stage is not finished here, that changed nothing.
    await coordinator.insist({ kind: 'job-canceled', job });
  }

  #over(job: JobId): void {
    this.#keeper.drop(job);
    this.#changed.delete(job);
    this.#parts.works.forget(job);
    this.#parts.changed(job);
  }

  // The others.

  async #tell(): Promise<void> {
    const { state } = this.#parts.coordinator;
    const views = [...this.#changed].flatMap((job) => {
      const view = jobView(state, job);
      return view === null || view.endedAtMs !== null ? [] : [view];
    });
    this.#changed.clear();
    if (views.length > 0) await this.#views.note(views, this.#epoch);
    await this.#deeds.tell();
  }

  #adopt(ward: Ward): void {
    if (this.#wards.has(ward.stream) || this.#work.isStopped) return;
    this.#wards.add(ward.stream);
    const parts = {
      ...this.#parts,
      database: this.#options.database,
      member: this.#epoch,
      isStopped: () => this.#work.isStopped,
    };
    this.#work.run(async () => {
      try {
        await bringWardToItsEnd(ward, parts);
      } finally {
        // Told again while something is left.
        this.#wards.delete(ward.stream);
      }
    });
  }
}
