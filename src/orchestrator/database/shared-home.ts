// Jobs of several orchestrators that share a database.
//
//   submitted -> claims open -> some taken here -> computed, accepted -> booked as done
//             -> all done -> its owner assembles -> the next stage's claims open, or it ends
//
// Whatever is found out by a notice is also looked for every DATABASE_POLL_MS.
import { decode, encode } from 'cborg';
import { assert } from '../../domain/assert.ts';
import { failure as failureOf, FailureError, type Failure } from '../../domain/failure.ts';
import type { AgentId, JobId } from '../../domain/ids.ts';
import {
  CLAIMS_PER_CALL_MAX,
  DATABASE_POLL_MS,
  DISK_RETRY_MS,
  OPEN_JOBS_MAX,
  TASK_TARGET_MS,
  TASKS_AHEAD_PER_AGENT,
} from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { TaskOutput } from '../../domain/work.ts';
import { equalBytes } from '../../integrity/index.ts';
import { sinkOf, writeBlob } from '../../data/index.ts';
import {
  countAble,
  countAgents,
  countOpenJobs,
  countWaiting,
  jobView,
  type JobEnd,
  type SchedulerEffect,
  type SchedulerEventBody,
  type StagePlan,
} from '../../scheduler/index.ts';
import { submissionOf, type HomeParts, type JobHome } from '../jobs/job-home.ts';
import { conflict } from '../jobs/job-intake.ts';
import { assembleJob, isStorage } from '../jobs/stage-runner.ts';
import { tensorReader } from '../tensor-reader.ts';
import { agentStandings, type StandingChange } from './agent-standings.ts';
import { ClaimBook, type FinishedClaim } from './claim-book.ts';
import type { Claim } from './claim.ts';
import { claimsOf, type OpenStage } from './claims.ts';
import { claimRows } from './cut-claims.ts';
import type { Database } from './database.ts';
import { keepMembership } from './membership.ts';
import { membersOf, type Member, type Ward } from './members.ts';
import { listen, type Notice } from './notices.ts';
import { sharedJobsOf, type NewStage } from './shared-jobs.ts';
import { sharedViews } from './shared-views.ts';
import { streamOutputs } from './stream-outputs.ts';
import { bringWardToItsEnd } from './ward.ts';

type Submission = SchedulerEventBody & { readonly kind: 'job-submitted' };

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
  readonly #claims;
  readonly #views;
  readonly #standings;
  readonly #outputs;
  readonly #book = new ClaimBook();
  /** Claims whose end is being booked. */
  readonly #finishing = new Set<string>();
  readonly #changed = new Set<JobId>();
  readonly #deeds = new Map<AgentId, StandingChange>();
  readonly #wards = new Set<number>();
  readonly #assembling = new Set<JobId>();
  readonly #running = new Set<Promise<void>>();
  /** A claim may be ours without our knowing: the answer of taking it was lost. */
  #mayHoldMore = false;
  /** Tasks accepted in the last DATABASE_POLL_MS, and since. */
  #acceptedLast = 0;
  #acceptedNow = 0;
  #feeding = false;
  #feedAgain = false;
  #stopped = false;
  #end: (() => Promise<void>) | null = null;
  #leave: (() => Promise<void>) | null = null;

  constructor(options: SharedHomeOptions, parts: HomeParts) {
    const { database, member } = options;
    this.#options = options;
    this.#parts = parts;
    this.#epoch = member.epoch;
    this.#jobs = sharedJobsOf(database);
    this.#claims = claimsOf(database);
    this.#views = sharedViews(database);
    this.#standings = agentStandings(database);
    this.#outputs = streamOutputs(database);
  }

  async accept(fresh: Parameters<JobHome['accept']>[0]): Promise<Outcome<JobId>> {
    const { job, idempotencyKey, specDigest, spec, plan, stage, work } = fresh;
    const first = newStage({ ...submissionOf(fresh), stage }, work);
    const kept = { job, idempotencyKey, specDigest, spec: encode(spec), plan: encode(plan) };
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
    const ended = await this.#endShared(job, { kind: 'canceled' });
    return ended.ok ? succeed(undefined) : ended;
  }

  historyOf = (agent: AgentId) => this.#standings.of(agent);

  carryOut(effect: SchedulerEffect): void {
    switch (effect.kind) {
      case 'job-changed':
        this.#changed.add(effect.job);
        return;
      case 'tasks-accepted':
        this.#acceptedNow += effect.tasks.length;
        for (const task of effect.tasks) {
          for (const agent of task.agents) this.#credit(agent, { accepted: 1, rejected: 0 });
          const finished = this.#book.accept(task);
          if (finished !== null) this.#run(() => this.#finish(finished));
        }
        if (this.#tasksWanted() > 0) this.#feed();
        return;
      case 'leases-granted':
        if (this.#tasksWanted() > 0) this.#feed();
        return;
      case 'job-ended':
        this.#over(effect.job);
        if (effect.end.kind !== 'done') this.#run(() => this.#endSurely(effect.job, effect.end));
        return;
      case 'agent-quarantined': {
        this.#credit(effect.agent, { accepted: 0, rejected: 1 });
        const { agent, untilMs, reason } = effect;
        const told = { agent, untilMs, reason: reason.slice(0, QUARANTINE_REASON_CHARS) };
        this.#run(() => this.#surely(() => this.#standings.quarantine(told, this.#epoch)));
        return;
      }
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
    this.#stopped = true;
    await this.#end?.();
    await Promise.allSettled(this.#running);
  }

  async leave(): Promise<void> {
    await this.#leave?.();
  }

  #hear(notice: Notice): void {
    switch (notice.kind) {
      case 'work':
        return this.#feed();
      case 'stage-done':
        return this.#run(() => this.#assembleAll());
      case 'job-ended':
        return this.#run(() => this.#endHere(notice.job));
      case 'quarantine': {
        const { agent, untilMs, reason } = notice;
        return void this.#parts.coordinator.insist({
          kind: 'agent-barred',
          agent,
          untilMs,
          reason,
        });
      }
    }
  }

  /** What no notice told. */
  #look(): void {
    if (this.#stopped) return;
    this.#acceptedLast = this.#acceptedNow;
    this.#acceptedNow = 0;
    this.#feed();
    this.#run(() => this.#assembleAll());
    this.#run(() => this.#tell());
    this.#run(async () => {
      const ended = await this.#jobs.endedAmong(this.#book.jobs());
      if (ended.ok) for (const job of ended.value) await this.#endHere(job);
    });
    for (const job of this.#parts.watched()) this.#parts.changed(job);
  }

  // Claims.

  /** As much as agents here did in the last while is taken ahead, and at least a few for each. */
  #tasksWanted(): number {
    const { state } = this.#parts.coordinator;
    const few = TASKS_AHEAD_PER_AGENT * countAgents(state);
    return Math.max(few, this.#acceptedLast, this.#acceptedNow) - countWaiting(state);
  }

  /** One at a time; what is asked meanwhile is done after. */
  #feed(): void {
    this.#feedAgain = true;
    if (this.#feeding || this.#stopped) return;
    this.#feeding = true;
    this.#run(async () => {
      try {
        while (this.#feedAgain && !this.#stopped) {
          this.#feedAgain = false;
          await this.#takeSome();
        }
      } finally {
        this.#feeding = false;
      }
    });
  }

  async #takeSome(): Promise<void> {
    if (this.#mayHoldMore) await this.#takeForgotten();
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
        const to = { member: this.#epoch, count: Math.min(count, CLAIMS_PER_CALL_MAX) };
        const taken = await this.#claims.take(stage.stageId, to);
        if (!taken.ok) {
          this.#mayHoldMore = true;
          return;
        }
        for (const claim of taken.value) await this.#begin(claim, submission);
        found ||= taken.value.length > 0;
      }
      if (!found || this.#stopped) return;
    }
  }

  /** Null where nobody here could do it. */
  #wanted({ job, plan }: OpenStage): Submission | null {
    const { state } = this.#parts.coordinator;
    const submission = decode(plan) as Submission;
    if (countAble(state, submission.stage.requirement) === 0) return null;
    const known = jobView(state, job);
    if (known === null) return countOpenJobs(state) < OPEN_JOBS_MAX ? submission : null;
    return known.endedAtMs === null ? submission : null;
  }

  async #begin(claim: Claim, submission: Submission): Promise<void> {
    const { coordinator } = this.#parts;
    const { job, stage } = submission;
    const { rows } = claim;
    this.#book.add({ ...claim, job, stage: stage.stage });
    const known = jobView(coordinator.state, job);
    if (known === null) return coordinator.insist({ ...submission, claimed: rows });
    if (known.stage === stage.stage) {
      return coordinator.insist({ kind: 'rows-claimed', job, stage: stage.stage, rows });
    }
    return coordinator.insist({ kind: 'stage-planned', job, stage, claimed: rows });
  }

  async #takeForgotten(): Promise<void> {
    const held = await this.#claims.held(this.#epoch);
    if (!held.ok) return;
    this.#mayHoldMore = false;
    for (const claim of held.value) {
      if (this.#book.has(claim) || this.#finishing.has(keyOf(claim))) continue;
      const plan = await this.#planOf(claim.stageId);
      if (plan !== null) await this.#begin(claim, plan);
    }
  }

  async #planOf(stageId: number): Promise<Submission | null> {
    const text = 'SELECT plan FROM stages WHERE id = $1';
    const [row] = certain(await this.#options.database.read<{ plan: Uint8Array }>(text, [stageId]));
    return row === undefined ? null : (decode(row.plan) as Submission);
  }

  async #finish(claim: FinishedClaim): Promise<void> {
    const key = keyOf(claim);
    this.#finishing.add(key);
    const as = { member: this.#epoch, stream: this.#epoch };
    await this.#surely(() => this.#claims.finish(claim, as));
    this.#finishing.delete(key);
  }

  // Stages and ends.

  async #assembleAll(): Promise<void> {
    const stages = await this.#jobs.toAssemble(this.#epoch);
    if (!stages.ok) return;
    for (const stage of stages.value) {
      if (this.#assembling.has(stage.job)) continue;
      this.#assembling.add(stage.job);
      this.#run(async () => {
        try {
          await this.#assemble(stage);
        } catch (cause) {
          // The database's failures are waited out: it is looked for again.
          if (cause instanceof FailureError) throw cause;
          this.#parts.logger.error('assembling failed', { job: stage.job, cause: String(cause) });
          const bug = failureOf('execution_failed', 'assembling failed by a bug; see the log.');
          await this.#endSurely(stage.job, { kind: 'failed', failure: bug });
        } finally {
          this.#assembling.delete(stage.job);
        }
      });
    }
  }

  async #assemble(at: { job: JobId; stage: number; stageId: number }): Promise<void> {
    const { store, blocks, logger } = this.#parts;
    const { job, stage, stageId } = at;
    const outputs = await this.#outputsOf(job, stageId);
    if (outputs === null) return;
    const read = tensorReader(blocks);
    const write = (chunks: AsyncIterable<Uint8Array>) => writeBlob(sinkOf(blocks), chunks);
    const assembled = await assembleJob({ store, read, write }, { job, stage, outputs });
    if (!assembled.ok) {
      const { failure } = assembled;
      // Looked for again.
      if (isStorage(failure.code)) return logger.warn(`assembling waits: ${failure.message}`);
      return this.#endSurely(job, { kind: 'failed', failure });
    }
    const { next, output } = assembled.value;
    const tensors = encode(assembled.value.tensors);
    if (next === null) {
      const end = { stage, tensors, bytes: encode(output) };
      await this.#endShared(job, { kind: 'done' }, { job, ...end });
      return;
    }
    const before = await this.#planOf(stageId);
    assert(before !== null, 'a stage that is assembled was planned');
    const planned = newStage({ ...before, stage: next.stage }, next.work);
    await this.#jobs.advance({ job, stage, tensors, next: planned }, this.#epoch);
  }

  async #outputsOf(job: JobId, stageId: number) {
    const results = certain(await this.#claims.results(stageId));
    if (results === null) return null;
    const found = new Map<string, TaskOutput | null>();
    for (const stream of new Set(results.map((result) => result.stream))) {
      const leases = results.flatMap((result) => (result.stream === stream ? result.lease : []));
      const outputs = certain(await this.#outputs.read({ stream, job }, leases));
      leases.forEach((lease, index) => found.set(`${stream} ${lease}`, outputs[index] ?? null));
    }
    return results.map(({ stream, lease, rows }) => {
      const output = found.get(`${stream} ${lease}`) ?? null;
      assert(output !== null, 'an output is kept until its job ends');
      return { rows, output };
    });
  }

  async #endShared(job: JobId, end: JobEnd, output: Ending['output'] = null) {
    const view = certain(await this.#views.of(job));
    assert(view !== null, 'a job that ends is kept');
    if (view.endedAtMs !== null) return succeed(false);
    const failure = end.kind === 'failed' ? end.failure : null;
    const endedAtMs = this.#parts.now();
    const ended = {
      ...view,
      state: end.kind,
      endedAtMs,
      failure,
      tasksLeased: 0,
      tasksChecking: 0,
    };
    const ending = { job, state: end.kind, ended: encode(ended), output };
    return this.#jobs.end(ending, this.#epoch);
  }

  async #endSurely(job: JobId, end: JobEnd): Promise<void> {
    await this.#surely(() => this.#endShared(job, end));
  }

  /** It ended for all. */
  async #endHere(job: JobId): Promise<void> {
    const { coordinator, logger, changed } = this.#parts;
    changed(job);
    this.#book.drop(job);
    if (jobView(coordinator.state, job)?.endedAtMs !== null) return;
    logger.info('job ended', { job });
    await coordinator.insist({ kind: 'job-finished', job });
    // Where its stage is not finished here, that changed nothing.
    await coordinator.insist({ kind: 'job-canceled', job });
  }

  #over(job: JobId): void {
    this.#book.drop(job);
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
    const deeds = [...this.#deeds.values()];
    this.#deeds.clear();
    if (views.length > 0) await this.#views.note(views, this.#epoch);
    if (deeds.length > 0) await this.#standings.add(deeds, this.#epoch);
  }

  #credit(agent: AgentId, by: { readonly accepted: number; readonly rejected: number }): void {
    const { accepted = 0, rejected = 0 } = this.#deeds.get(agent) ?? {};
    const sum = { accepted: accepted + by.accepted, rejected: rejected + by.rejected };
    this.#deeds.set(agent, { agent, ...sum });
  }

  #adopt(ward: Ward): void {
    if (this.#wards.has(ward.stream) || this.#stopped) return;
    this.#wards.add(ward.stream);
    const parts = {
      ...this.#parts,
      database: this.#options.database,
      member: this.#epoch,
      isStopped: () => this.#stopped,
    };
    this.#run(async () => {
      try {
        await bringWardToItsEnd(ward, parts);
      } finally {
        // Told again while something is left.
        this.#wards.delete(ward.stream);
      }
    });
  }

  /** Again and again until the database takes it, or another has this one's work. */
  async #surely(work: () => Promise<Outcome<unknown>>): Promise<void> {
    for (;;) {
      const outcome = await work().catch(failedBy);
      if (outcome.ok || outcome.failure.code === 'member_fenced' || this.#stopped) return;
      await new Promise((resolve) => setTimeout(resolve, DISK_RETRY_MS));
    }
  }

  /** What fails for the database's sake is looked for again; anything else is a bug. */
  #run(work: () => Promise<void>): void {
    const running = work()
      .catch((cause: unknown) => {
        this.#parts.logger.error('work with the database failed', { cause: String(cause) });
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }
}

type Ending = Parameters<ReturnType<typeof sharedJobsOf>['end']>[0];

/** Longest reason that is told with a notice. Characters. */
const QUARANTINE_REASON_CHARS = 300;

function newStage(submission: Submission, work: unknown): NewStage {
  const { stage } = submission;
  const { rowCount } = stage;
  const taskRows = modestRows(stage);
  return {
    stage: stage.stage,
    plan: encode(submission),
    work: encode(work),
    rowCount,
    claimRows: claimRows({ rowCount, taskRows }),
  };
}

function tasksOfClaim(stage: StagePlan): number {
  const taskRows = modestRows(stage);
  return claimRows({ rowCount: stage.rowCount, taskRows }) / taskRows;
}

/** Rows of one task for a modest device; whole grains. */
function modestRows({ cut, msPerRow }: StagePlan): number {
  if (cut.kind === 'fixed') return cut.rowsPerTask;
  const { grainRows, rowsMax } = cut;
  const rows = Math.min(rowsMax, Math.max(1, Math.floor(TASK_TARGET_MS / msPerRow)));
  return Math.max(1, Math.floor(rows / grainRows)) * grainRows;
}

function keyOf({ stageId, rows }: Claim): string {
  return `${stageId} ${rows.start}`;
}

function certain<Value>(outcome: Outcome<Value>): Value {
  if (!outcome.ok) throw new FailureError(outcome.failure);
  return outcome.value;
}

function failedBy(cause: unknown): Outcome<never> {
  if (cause instanceof FailureError) return fail(cause.failure);
  throw cause;
}
