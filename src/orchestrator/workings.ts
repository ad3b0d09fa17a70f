// What moves: the coordinator, and everything that carries its effects out.
import { assertNever } from '../domain/assert.ts';
import { TICK_MS } from '../domain/limits.ts';
import { succeed, type Outcome } from '../domain/outcome.ts';
import { seedFrom } from '../domain/random.ts';
import {
  countOpenJobs,
  countWaiting,
  isOut,
  nextDueAtMs,
  sessionsSilentAt,
  RULES,
  type AcceptedTask,
  type RevokedTask,
  type SchedulerEffect,
  type step as schedulerStep,
} from '../scheduler/index.ts';
import type { BlockStore } from '../data/index.ts';
import type { CheckPool } from './checking/check-pool.ts';
import { judgeResults } from './checking/judge.ts';
import { startCoordinator, type Coordinator } from './coordinator.ts';
import type { EvidenceBook } from './evidence/evidence-book.ts';
import { signedReports, type SignedReports } from './evidence/signed-reports.ts';
import type { HomeParts, JobHome } from './jobs/job-home.ts';
import { jobIntake, type JobIntake, type Submission } from './jobs/job-intake.ts';
import { jobWatch, type JobWatch } from './jobs/job-watch.ts';
import { leaseWaits, type LeaseWaits } from './lease-waits.ts';
import { logShortener } from './log/log-shortener.ts';
import { rememberingStore } from './log/unjudged-outputs.ts';
import type { LogLength, Snapshot, Store } from './log/store.ts';
import type { Logger } from './logger.ts';
import type { Platform } from './platform.ts';
import type { Recovered } from './recovery.ts';
import type { SignatureOf } from './record/credits/credit-queue.ts';
import type { CreditsKeeper } from './record/credits/credits-keeper.ts';
import { signsOfLife, type SignsOfLife } from './signs-of-life.ts';
import { stageWorks, type StageWorks } from './stage-works.ts';
import { measureThroughput, type Throughput } from './throughput.ts';

export type Workings = {
  readonly coordinator: Coordinator;
  readonly intake: JobIntake;
  readonly home: JobHome;
  readonly watch: JobWatch;
  readonly waits: LeaseWaits;
  readonly works: StageWorks;
  readonly life: SignsOfLife;
  readonly reports: SignedReports;
  /** Null: nobody keeps evidence. */
  readonly evidence: EvidenceBook | null;
  /** Fails where so much waits to be credited that nothing more is to be leased. */
  readonly mayLease: () => Outcome<void>;
  /** Of the ids of all leases that this process grants. */
  readonly leaseSeed: number;
  readonly throughput: Throughput;
  readonly isStopping: () => boolean;
  /** Takes up what a former process left; a new store is asked for its welcome jobs instead. */
  begin(welcome: (() => Promise<Outcome<readonly Submission[]>>) | null): Promise<void>;
  /** Answers who waits, finishes commits, ends threads. */
  stop(): Promise<void>;
};

/** What workings are made of: what lasts, who checks, and the machine under it all. */
export type WorkingParts = {
  readonly store: Store;
  readonly blocks: BlockStore;
  readonly recovered: Recovered;
  readonly pool: CheckPool;
  /** Keeps the evidence of rejected results; null: nobody does. */
  readonly evidence: EvidenceBook | null;
  /** Keeps credits of accepted tasks; none in simulations. */
  readonly credits?: CreditsKeeper;
  readonly logger: Logger;
  readonly now: () => number;
  readonly platform: Platform;
  /** Where jobs are kept. */
  readonly makeHome: (parts: HomeParts) => JobHome;
  /** The scheduler's own, unless somebody watches it. */
  readonly step?: typeof schedulerStep;
  /** How long the log may get before a snapshot takes its place. */
  readonly shortenAt?: LogLength;
};

export function startWorkings(parts: WorkingParts): Workings {
  const { blocks, recovered, pool, logger, now, platform, step } = parts;
  const { state } = recovered;
  const store = rememberingStore(parts.store, {
    isOut: (lease) => isOut(state, lease),
  });
  const { position, behind, snapshotBytes } = recovered;
  const limits = parts.shortenAt === undefined ? {} : { limits: parts.shortenAt };
  const saveSnapshot = async (snapshot: Snapshot): Promise<Outcome<void>> => {
    const told = await home.beforeShortening();
    if (!told.ok) return told;
    // What the record lacks is found again in the log that would go.
    const credited = (await parts.credits?.flush()) ?? succeed(undefined);
    return credited.ok ? store.saveSnapshot(snapshot) : credited;
  };
  const log = { state, store: { saveSnapshot }, behind, snapshotBytes };
  const shortener = logShortener({ ...log, logger, now, ...limits });
  const coordinator = startCoordinator({
    state,
    store,
    logger,
    now,
    position,
    shortener,
    timers: platform,
    ...(step && { step }),
  });
  const works = stageWorks(store);
  const life = signsOfLife();
  const reports = signedReports();
  const { evidence } = parts;
  const judging = { pool, evidence, reports };
  const shared = { coordinator, store, blocks, works, logger, now, platform, ...judging };
  const home: JobHome = parts.makeHome({
    ...shared,
    changed: (job) => workings.watch.changed(job),
    watched: () => workings.watch.watched(),
  });
  const workings = {
    home,
    coordinator,
    works,
    life,
    reports,
    evidence,
    mayLease: () => parts.credits?.mayLease() ?? succeed(undefined),
    leaseSeed: seedFrom(platform.randomBytes(4)),
    waits: leaseWaits(platform),
    watch: jobWatch(home.view, platform),
    throughput: measureThroughput(recovered.position.tasksAccepted),
    intake: jobIntake({ ...shared, home, checks: pool }),
  };
  const judge = judgeResults({ ...shared, mayRevoke: home.mayRevoke });
  let stopping = false;

  const countAccepted = (accepted: readonly AcceptedTask[]): void => {
    let rowCount = 0;
    for (const { rows } of accepted) rowCount += rows.end - rows.start;
    workings.throughput.add(now(), { taskCount: accepted.length, rowCount });
  };

  const countRevoked = (revoked: readonly RevokedTask[]): void => {
    let rowCount = 0;
    for (const { rows } of revoked) rowCount += rows.end - rows.start;
    workings.throughput.add(now(), { taskCount: -revoked.length, rowCount: -rowCount });
  };

  const carryOut = (effect: SchedulerEffect): void => {
    home.carryOut(effect);
    switch (effect.kind) {
      case 'checks-requested':
        return judge(effect.checks);
      case 'tasks-accepted':
        return countAccepted(effect.tasks);
      case 'tasks-revoked':
        return countRevoked(effect.tasks);
      case 'quarantine-ended':
        return logger.info('quarantine ended', {
          agent: effect.agent.slice(0, 8),
          reason: effect.reason,
        });
      case 'work-available':
        // What is computed will be checked.
        pool.warm();
        return workings.waits.workAvailable(countWaiting(coordinator.state));
      case 'agent-quarantined':
      case 'agent-barred':
        logger.warn(effect.kind === 'agent-barred' ? 'agent barred' : 'agent quarantined', {
          agent: effect.agent.slice(0, 8),
          reason: effect.reason,
        });
        return;
      case 'session-ended':
        life.forget(effect.session);
        logger.info('agent gone', { agent: effect.agent.slice(0, 8), reason: effect.reason });
        return;
      case 'job-ended':
        if (countOpenJobs(coordinator.state) === 0) workings.waits.workEnded();
        return;
      // What the home does.
      case 'stage-finished':
      case 'job-changed':
      case 'rows-released':
      // Answers, which the routes give.
      case 'leases-granted':
      case 'lease-refused':
      case 'results-received':
      case 'leases-dropped':
      case 'session-unknown':
        return;
      default:
        return assertNever(effect);
    }
  };
  coordinator.onEffect(carryOut);
  coordinator.onEffect((effect) => {
    const signatureOf: SignatureOf = (lease) => reports.of(lease)?.signature ?? null;
    parts.credits?.note(effect, coordinator.eventCount(), signatureOf);
  });

  let cancelTick = (): void => {};
  const tickLater = (): void => {
    cancelTick = platform.after(TICK_MS, () => {
      tickLater();
      tick();
    });
  };
  const tick = (): void => {
    const dueAtMs = nextDueAtMs(coordinator.state);
    const atMs = coordinator.nowMs();
    if (dueAtMs === null || atMs < dueAtMs) return;
    // Before the tick, and so durable with it: who was heard of meanwhile is not gone. The tick is
    // a moment later: those who fall silent by then are among them.
    for (const silent of sessionsSilentAt(coordinator.state, atMs + TICK_MS)) {
      if (!life.isAlive(silent, atMs)) continue;
      void coordinator.submit({ kind: 'heartbeat', session: silent.session, leases: [] });
    }
    void coordinator.submit({ kind: 'tick' });
  };
  tickLater();

  return {
    ...workings,
    isStopping: () => stopping,
    async begin(welcome) {
      await home.begin();
      if (coordinator.state.rules < RULES) {
        void coordinator.insist({ kind: 'rules-adopted', rules: RULES });
      }
      if (countOpenJobs(coordinator.state) > 0) pool.warm();
      // First in line; not waited for, since a full disk must not keep the orchestrator silent.
      if (position.eventCount > 0) void coordinator.insist({ kind: 'restarted' });
      else if (welcome !== null) await submitAll(welcome, { intake: workings.intake, logger });
    },
    async stop() {
      stopping = true;
      cancelTick();
      workings.waits.stop();
      workings.watch.stop();
      await home.stop();
      await pool.close();
      await evidence?.settled();
      await coordinator.stop();
      await home.leave();
    },
  };
}

async function submitAll(
  welcome: () => Promise<Outcome<readonly Submission[]>>,
  { intake, logger }: { readonly intake: JobIntake; readonly logger: Logger },
): Promise<void> {
  const jobs = await welcome();
  if (!jobs.ok) return logger.warn(`no welcome job: ${jobs.failure.message}`);
  for (const submission of jobs.value) {
    const submitted = await intake.submit(submission);
    if (!submitted.ok) logger.warn(`no welcome job: ${submitted.failure.message}`);
  }
}
