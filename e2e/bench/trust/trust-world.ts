import type { JobId } from '../../../src/domain/ids.ts';
import { randomStream } from '../../../src/domain/random.ts';
import type { RowRange } from '../../../src/domain/tensor.ts';
import type { TaskOutput } from '../../../src/domain/work.ts';
import { makeChecker } from '../../../src/orchestrator/checking/checker.ts';
import { tensorReader } from '../../../src/orchestrator/tensor-reader.ts';
import {
  createScheduler,
  RULES,
  step,
  type CheckRequest,
  type SchedulerEffect,
  type SchedulerEventBody,
} from '../../../src/scheduler/index.ts';
import { EventQueue } from '../../../src/simulation/kernel/event-queue.ts';
import type { Bench, CheckingRule } from './checking-rule.ts';
import { CrowdMembers, type Member } from './crowd-members.ts';
import type { HonestDevice } from './honest-devices.ts';
import { inlineOutput, tensorsOf } from './inline-output.ts';
import type { Person } from './people.ts';
import { ToldResults } from './told-results.ts';
import { StageTruth } from './stage-truth.ts';
import { submission } from './submission.ts';
import { Tally } from './tally.ts';
import { TrustJobs, type Subject, type TaskSize, type TrustJob } from './trust-jobs.ts';

export type WorldPlan = {
  readonly people: readonly Person[];
  /** Jobs are of these in turn. */
  readonly jobs: readonly { readonly subject: Subject; readonly size: TaskSize }[];
  /** No further job is submitted once so many tasks were. */
  readonly tasks: number;
  readonly jobsOpen: number;
  readonly rule: CheckingRule;
  readonly devices: readonly HonestDevice[];
  readonly blocks: TrustJobs;
  readonly seed: number;
};

/** Verdicts come so often. */
const JUDGE_MS = 200;
const TICK_MS = 500;
/** Until somebody whose key was caught comes with a new one. */
const REJOIN_MS = 5_000;
/** Tasks that somebody leases, and then reports, at once. Count. */
export const LEASES_AT_ONCE = 4;

/**
 * Runs the scheduler with people of all kinds in virtual time: real tensors, real kernels, real
 * lies, real checks. Who is caught comes back with a new key, so the shares of the crowd stay.
 *
 * The same plan gives the same tally.
 */
export async function runTrustWorld(plan: WorldPlan): Promise<Tally> {
  const world = new TrustWorld(plan);
  await world.run();
  return world.tally;
}

type OpenJob = TrustJob & { readonly truth: StageTruth };

class TrustWorld {
  readonly tally = new Tally();
  readonly #plan: WorldPlan;
  readonly #state = createScheduler(1);
  readonly #queue = new EventQueue();
  readonly #checker;
  readonly #read;
  readonly #bench: Bench;
  readonly #jobs = new Map<JobId, OpenJob>();
  readonly #results = new ToldResults();
  readonly #crowd: CrowdMembers;
  readonly #finished: (SchedulerEffect & { readonly kind: 'stage-finished' })[] = [];
  #unjudged: CheckRequest[] = [];
  #atMs = 1_000_000;
  #jobCount = 0;
  #tasks = 0;

  constructor(plan: WorldPlan) {
    this.#plan = plan;
    this.#checker = makeChecker(plan.blocks.blocks);
    this.#read = tensorReader(plan.blocks.blocks);
    this.#crowd = new CrowdMembers({ seed: plan.seed, send: (event) => void this.#send(event) });
    const random = randomStream(plan.seed, 'trust: draws of checks');
    const elsewhere = randomStream(plan.seed, 'trust: second hosts');
    this.#bench = {
      state: this.#state,
      checker: this.#checker,
      tally: this.tally,
      random,
      job: (job) => this.#job(job),
      output: (lease) => this.#results.get(lease).output,
      keyOf: (lease) => this.#results.get(lease).told.key,
      replace: (lease, output) => {
        this.#results.get(lease).output = output;
      },
      computeElsewhere: async ({ job, rows, not }) => {
        const able = this.#crowd.but(not);
        const chosen = able[elsewhere.nextBelow(Math.max(1, able.length))];
        if (chosen === undefined) return null;
        const { output } = await this.#compute(chosen, { job, rows });
        return { key: chosen.key, output };
      },
    };
  }

  async run(): Promise<void> {
    this.#send({ kind: 'rules-adopted', rules: RULES });
    await this.#fill();
    for (const [index, person] of this.#plan.people.entries()) {
      const member = this.#crowd.join(person);
      this.#at(10 * index, () => this.#turn(member));
    }
    this.#at(JUDGE_MS, () => this.#judge());
    this.#at(TICK_MS, () => this.#tick());
    while (this.#jobs.size > 0) {
      const next = this.#queue.take();
      if (next === null) throw new Error('nothing is left to happen, and jobs are open');
      this.#atMs = next.atMs;
      next.call?.();
      await this.#underway;
    }
  }

  #underway: Promise<void> = Promise.resolve();

  #at(afterMs: number, call: () => Promise<void>): void {
    this.#queue.add(this.#atMs + afterMs, () => {
      this.#underway = call();
    });
  }

  #send(event: SchedulerEventBody): readonly SchedulerEffect[] {
    const { effects } = step(this.#state, { ...event, atMs: this.#atMs });
    for (const effect of effects) this.#note(effect);
    return effects;
  }

  #note(effect: SchedulerEffect): void {
    switch (effect.kind) {
      case 'checks-requested':
        this.#unjudged.push(...effect.checks);
        return;
      case 'stage-finished':
        this.#finished.push(effect);
        return;
      case 'job-ended':
        if (effect.end.kind !== 'done') throw new Error(`${effect.job}: ${effect.end.kind}`);
        return;
      case 'tasks-accepted':
        for (const { lease } of effect.tasks) {
          this.tally.becameOf(this.#results.get(lease).told, 'escaped');
        }
        return;
      case 'tasks-revoked':
        for (const { lease } of effect.tasks) {
          this.tally.becameOf(this.#results.get(lease).told, 'revoked');
        }
        return;
      case 'agent-quarantined': {
        const member = this.#crowd.by(effect.agent);
        this.tally.quarantined(member.key, { ...effect, atMs: this.#atMs });
        member.isBarred = true;
        return;
      }
      default:
    }
  }

  /** Reports what was leased, and asks for more. */
  async #turn(member: Member): Promise<void> {
    if (member.isBarred) return this.#comeBack(member);
    if (member.held.length > 0) await this.#report(member);
    if (member.isBarred) return this.#comeBack(member);
    member.held = [];
    const { session } = member;
    const asked = { kind: 'lease-requested', session, maxTasks: LEASES_AT_ONCE } as const;
    let waitMs = 1_000;
    for (const effect of this.#send(asked)) {
      if (effect.kind === 'leases-granted') {
        member.held = effect.leases;
        waitMs = member.person.taskMs * effect.leases.length;
      } else if (effect.kind === 'lease-refused') {
        waitMs = Math.min(effect.askAgainMs, 5_000);
      }
    }
    this.#at(waitMs, () => this.#turn(member));
  }

  async #report(member: Member): Promise<void> {
    const open = member.held.filter(({ job }) => this.#jobs.has(job));
    for (const { lease, job, rows } of open) {
      const { output, isWrong } = await this.#compute(member, { job, rows });
      const { key, person } = member;
      const told = { key, person, subject: this.#job(job).subject, isWrong };
      this.#results.put(lease, { output, told, job });
    }
    const computeMs = member.person.taskMs;
    const results = open.map(({ lease }) => {
      return { lease, result: { kind: 'output' }, computeMs } as const;
    });
    const { session } = member;
    for (const effect of this.#send({ kind: 'results-reported', session, results })) {
      if (effect.kind !== 'results-received') continue;
      for (const [index, status] of effect.statuses.entries()) {
        const lease = open[index]?.lease;
        if (lease === undefined) continue;
        if (status === 'received') this.tally.told(this.#results.get(lease).told, this.#atMs);
        else this.#results.forget(lease);
      }
    }
  }

  /** What somebody tells of some rows. */
  async #compute(
    { person, liar }: Member,
    { job, rows }: { readonly job: JobId; readonly rows: RowRange },
  ): Promise<{ readonly output: TaskOutput; readonly isWrong: boolean }> {
    const { stage, truth } = this.#job(job);
    const right = await truth.madeBy(this.#device(person.device), rows);
    const outputs = liar?.tell({ work: stage.work, rows, job }, right) ?? right;
    const isWrong = outputs !== right && (await truth.countWrong(rows, outputs)) > 0;
    return { output: inlineOutput(outputs), isWrong };
  }

  async #judge(): Promise<void> {
    this.#at(JUDGE_MS, () => this.#judge());
    const unjudged = this.#unjudged;
    this.#unjudged = [];
    const asked = unjudged.filter(({ job }) => this.#jobs.has(job));
    const judgements = await this.#plan.rule.judge(asked, this.#bench);
    for (const { verdicts } of judgements) {
      for (const { lease, verdict } of verdicts) {
        const result = this.#results.get(lease);
        const { told } = result;
        result.isJudged = true;
        if (verdict.kind === 'rejected') this.tally.rejected(told, verdict.reason);
      }
    }
    if (judgements.length > 0) this.#send({ kind: 'judged', judgements });
    for (const finished of this.#finished.splice(0)) await this.#seal(finished);
  }

  async #tick(): Promise<void> {
    this.#at(TICK_MS, () => this.#tick());
    this.#send({ kind: 'tick' });
  }

  /** Holds each number of a finished stage against the truth, and ends its job. */
  async #seal(finished: SchedulerEffect & { readonly kind: 'stage-finished' }): Promise<void> {
    const { job, results } = finished;
    const { truth } = this.#job(job);
    for (const { lease, rows } of results) {
      const { output, told } = this.#results.get(lease);
      this.tally.sealed(told, await truth.countWrong(rows, tensorsOf(output)));
    }
    this.#send({ kind: 'job-finished', job });
    this.#jobs.delete(job);
    this.#results.forgetJob(job, this.tally);
    await this.#fill();
  }

  async #fill(): Promise<void> {
    const { jobs, jobsOpen, tasks, seed, blocks } = this.#plan;
    while (this.#jobs.size < jobsOpen && this.#tasks < tasks) {
      const number = this.#jobCount++;
      const next = jobs[number % jobs.length];
      if (next === undefined) throw new Error('a plan has jobs');
      const of = { seed: seed + number, size: next.size, checker: this.#checker };
      const made = await blocks.make(next.subject, of);
      this.#tasks += next.size.taskCount;
      // Of the shape that its brand stands for.
      const job = `job_${String(number).padStart(26, '0')}` as JobId;
      const truth = new StageTruth(made, { read: this.#read, reference: this.#device(1) });
      this.#jobs.set(job, { ...made, truth });
      this.#send(submission(job, { made, policy: this.#plan.rule.policy }));
    }
  }

  async #comeBack(member: Member): Promise<void> {
    this.#crowd.comeBack(member);
    this.#at(REJOIN_MS, () => this.#turn(member));
  }

  #job(job: JobId): OpenJob {
    const known = this.#jobs.get(job);
    if (known === undefined) throw new Error(`${job} is not open`);
    return known;
  }

  #device(index: number): HonestDevice {
    const device = this.#plan.devices[index % this.#plan.devices.length];
    if (device === undefined) throw new Error('a plan has devices');
    return device;
  }
}
