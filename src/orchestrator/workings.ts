// What moves: the coordinator, and everything that carries its effects out.
import { assertNever } from '../domain/assert.ts';
import { TICK_MS, TINY_CHECK_CACHE_BYTES_MAX } from '../domain/limits.ts';
import {
  countOpenJobs,
  countWaiting,
  leaseOf,
  nextDueAtMs,
  sessionsSilentAt,
  type SchedulerEffect,
} from '../scheduler/index.ts';
import { cachedBlocks, memoryBlocks } from '../data/index.ts';
import { checkPool } from './checking/check-pool.ts';
import { makeChecker } from './checking/checker.ts';
import { judgeResults } from './checking/judge.ts';
import type { OrchestratorConfig } from './config/settings.ts';
import { startCoordinator, type Coordinator } from './coordinator.ts';
import type { Holdings } from './holdings.ts';
import type { JobHome } from './jobs/job-home.ts';
import { jobIntake, type JobIntake } from './jobs/job-intake.ts';
import { jobWatch, type JobWatch } from './jobs/job-watch.ts';
import { welcomeJobs } from './jobs/welcome-job.ts';
import { leaseWaits, type LeaseWaits } from './lease-waits.ts';
import { logShortener } from './log/log-shortener.ts';
import { rememberingStore } from './log/unjudged-outputs.ts';
import type { Logger } from './logger.ts';
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
  readonly throughput: Throughput;
  readonly isStopping: () => boolean;
  /** Takes up what a former process left, and queues the welcome jobs of a new store. */
  begin(): Promise<void>;
  /** Answers who waits, finishes commits, ends threads. */
  stop(): Promise<void>;
};

export function startWorkings(
  holdings: Holdings,
  options: {
    readonly config: OrchestratorConfig;
    readonly logger: Logger;
    readonly now: () => number;
  },
): Workings {
  const { blocks, recovered } = holdings;
  const { config, logger, now } = options;
  const { state } = recovered;
  const store = rememberingStore(holdings.store, {
    isOut: (lease) => leaseOf(state, lease)?.isReported === false,
  });
  const { position, behind, snapshotBytes } = recovered;
  const shortener = logShortener({ state, store, behind, snapshotBytes, logger, now });
  const coordinator = startCoordinator({ state, store, logger, now, position, shortener });
  const pool = checkPool({ threads: config.checkerThreads, blocks, logger, entry: checkEntry() });
  const works = stageWorks(store);
  const life = signsOfLife();
  const cache = memoryBlocks({ bytesMax: TINY_CHECK_CACHE_BYTES_MAX });
  const checker = makeChecker(cachedBlocks({ cache, source: blocks }));
  const shared = { coordinator, store, blocks, works, logger, now, pool, checker };
  const home: JobHome = holdings.makeHome({
    ...shared,
    changed: (job) => workings.watch.changed(job),
    watched: () => workings.watch.watched(),
  });
  const workings = {
    home,
    coordinator,
    works,
    life,
    waits: leaseWaits(),
    watch: jobWatch(home.view),
    throughput: measureThroughput(recovered.position.tasksAccepted),
    intake: jobIntake({ ...shared, home, checks: pool }),
  };
  const judge = judgeResults(shared);
  let stopping = false;

  const carryOut = (effect: SchedulerEffect): void => {
    home.carryOut(effect);
    switch (effect.kind) {
      case 'checks-requested':
        return judge(effect.checks);
      case 'tasks-accepted':
        for (const { rows } of effect.tasks) {
          workings.throughput.add(now(), rows.end - rows.start);
        }
        return;
      case 'work-available':
        // What is computed will be checked.
        pool.warm();
        return workings.waits.workAvailable(countWaiting(coordinator.state));
      case 'agent-quarantined':
        logger.warn('agent quarantined', {
          agent: effect.agent.slice(0, 8),
          reason: effect.reason,
        });
        return;
      case 'session-ended':
        life.forget(effect.session);
        logger.info('agent gone', { agent: effect.agent.slice(0, 8), reason: effect.reason });
        return;
      // What the home does.
      case 'stage-finished':
      case 'job-ended':
      case 'job-changed':
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

  const ticker = setInterval(() => {
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
  }, TICK_MS);

  return {
    ...workings,
    isStopping: () => stopping,
    async begin() {
      await home.begin();
      if (countOpenJobs(coordinator.state) > 0) pool.warm();
      if (!holdings.isNew) await coordinator.submit({ kind: 'restarted' });
      else if (config.welcomeJob) await welcome(workings.intake, holdings, logger);
    },
    async stop() {
      stopping = true;
      clearInterval(ticker);
      workings.waits.stop();
      workings.watch.stop();
      await home.stop();
      await pool.close();
      await coordinator.stop();
      await home.leave();
    },
  };
}

async function welcome(intake: JobIntake, { blocks }: Holdings, logger: Logger): Promise<void> {
  const jobs = await welcomeJobs(blocks);
  if (!jobs.ok) return logger.warn(`no welcome job: ${jobs.failure.message}`);
  for (const submission of jobs.value) {
    const submitted = await intake.submit(submission);
    if (!submitted.ok) logger.warn(`no welcome job: ${submitted.failure.message}`);
  }
}

/** The checking thread's entry, as source or as built. */
function checkEntry(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`../../workers/check-node.worker.${extension}`, import.meta.url);
}
