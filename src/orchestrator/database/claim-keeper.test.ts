import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckingPolicy } from '../../domain/checking.ts';
import { failure } from '../../domain/failure.ts';
import type { AgentId, JobId, SessionId } from '../../domain/ids.ts';
import { CLAIM_IDLE_MS, CLAIM_REST_MS, CLAIM_UNABLE_MS } from '../../domain/limits.ts';
import { fail } from '../../domain/outcome.ts';
import {
  createScheduler,
  type CheckRequest,
  type GrantedLease,
  type SchedulerEventBody,
} from '../../scheduler/index.ts';
import { startCoordinator, type Coordinator } from '../coordinator.ts';
import { memoryDisk, memoryStore } from '../log/memory-store.ts';
import { lineLogger } from '../logger.ts';
import { CAPABILITY } from '../volunteer.contract.ts';
import { BackgroundWork } from './background-work.ts';
import { ClaimKeeper } from './claim-keeper.ts';
import { claimsOf, type Claims } from './claims.ts';
import { membersOf } from './members.ts';
import { newStage, type Submission } from './new-stage.ts';
import { sharedJobsOf } from './shared-jobs.ts';
import {
  BARE_JOB,
  certain,
  makeTestDatabase,
  TEST_POSTGRES,
  untilSo,
  type TestDatabase,
} from './test-database.contract.ts';

const JOB = 'job_00000000000000000000000001' as JobId;
const ALL = { kind: 'recompute', share: 1 } as const;

/** 64 rows, a claim each, a task each. */
function submissionOf(checking: CheckingPolicy): Submission {
  const requirement = { primitives: ['add'], memoryBytes: 1000, rowBytes: 0 } as const;
  const cut = { kind: 'fixed', rowsPerTask: 1 } as const;
  return {
    kind: 'job-submitted',
    job: JOB,
    name: 'a job',
    workload: 'operators',
    checking,
    stageCount: 1,
    weight: 1,
    deadlineAtMs: null,
    contributor: null,
    stage: { stage: 0, requirement, rowCount: 64, cut, msPerRow: 1, contents: [] },
    claimed: null,
  };
}

function idsOf(name: string) {
  return { agent: name.padEnd(43, '_') as AgentId, session: sessionOf(name) };
}

function sessionOf(name: string): SessionId {
  return `session_${name.padEnd(43, '_')}` as SessionId;
}

/** A member: its scheduler, its claims, and a clock that a test turns. */
class Member {
  readonly epoch: number;
  readonly coordinator: Coordinator;
  readonly keeper: ClaimKeeper;
  readonly work: BackgroundWork;
  nowMs = 1_000_000;

  private constructor(epoch: number, database: TestDatabase['database'], claims: Claims) {
    this.epoch = epoch;
    const logger = lineLogger({ level: 'error', write: (line) => console.error(line) });
    this.coordinator = startCoordinator({
      state: createScheduler(epoch, epoch),
      store: memoryStore(memoryDisk()),
      logger,
      now: () => this.nowMs,
    });
    this.work = new BackgroundWork(logger);
    this.keeper = new ClaimKeeper({
      coordinator: this.coordinator,
      claims,
      jobs: sharedJobsOf(database),
      member: epoch,
      now: () => this.nowMs,
      work: this.work,
    });
    this.coordinator.onEffect((effect) => this.keeper.carryOut(effect));
  }

  static async start({ database }: TestDatabase, claims = claimsOf(database)): Promise<Member> {
    const member = await membersOf(database).join({ name: '', url: '', seed: 1 });
    return new Member(certain(member).epoch, database, claims);
  }

  async send(event: SchedulerEventBody) {
    return certain(await this.coordinator.submit(event));
  }

  async join(name: string): Promise<void> {
    await this.send({ kind: 'agent-joined', ...idsOf(name), capability: CAPABILITY });
  }

  async leave(name: string): Promise<void> {
    await this.send({ kind: 'agent-left', session: sessionOf(name) });
  }

  async lease(name: string, maxTasks = 1): Promise<readonly GrantedLease[]> {
    const ask = { kind: 'lease-requested', session: sessionOf(name), maxTasks } as const;
    const effects = await this.send(ask);
    return effects.flatMap((one) => (one.kind === 'leases-granted' ? one.leases : []));
  }

  /** Reports an output; what is to be checked then. */
  async report(name: string, { lease }: GrantedLease): Promise<readonly CheckRequest[]> {
    const results = [{ lease, result: { kind: 'output' }, computeMs: 1 }] as const;
    const told = { kind: 'results-reported', session: sessionOf(name), results } as const;
    const effects = await this.send(told);
    return effects.flatMap((one) => (one.kind === 'checks-requested' ? one.checks : []));
  }

  async accept(checks: readonly CheckRequest[]): Promise<void> {
    const judgements = checks.map(({ task, results }) => ({
      task,
      verdicts: results.map(({ lease }) => ({ lease, verdict: { kind: 'accepted' } as const })),
      accepted: results[0]?.lease ?? null,
    }));
    await this.send({ kind: 'judged', judgements });
  }

  async end(): Promise<void> {
    await this.work.stop();
    await this.coordinator.stop();
  }
}

describe.skipIf(TEST_POSTGRES === null)('the claims of a member', { timeout: 60_000 }, () => {
  let test: TestDatabase;
  let members: Member[];
  beforeEach(async () => {
    test = await makeTestDatabase();
    members = [];
  });
  afterEach(async () => {
    for (const member of members) await member.end();
    await test.drop();
  });

  const start = async (claims?: Claims): Promise<Member> => {
    const member = await Member.start(test, claims);
    members.push(member);
    return member;
  };

  const submit = async (by: Member, checking: CheckingPolicy = ALL): Promise<void> => {
    const first = newStage(submissionOf(checking), { kind: 'none' } as never); // read by nobody here
    certain(await sharedJobsOf(test.database).submit({ ...BARE_JOB, job: JOB, first }, by.epoch));
  };

  const count = async (where: string): Promise<number> => {
    const text = `SELECT coalesce(sum(row_end - row_start), 0)::int AS rows FROM claims WHERE ${where}`;
    return certain(await test.database.read<{ rows: number }>(text))[0]?.rows ?? 0;
  };
  const heldBy = ({ epoch }: Member) => count(`stream = ${epoch} AND NOT done`);

  /** A look, and all that comes of it. */
  const looked = async ({ keeper, work }: Member): Promise<void> => {
    keeper.look();
    await work.settled();
  };

  /** Its clock turns once all that was begun before is done; then it looks. */
  const later = async (member: Member, ms: number): Promise<void> => {
    await member.work.settled();
    member.nowMs += ms;
    await looked(member);
  };

  /** Lets it take what it wants. */
  const fed = async (member: Member): Promise<void> => {
    await looked(member);
    expect(await heldBy(member)).toBeGreaterThan(0);
  };

  it('go back to the others some seconds after its agents left, and only then', async () => {
    const [one, other] = [await start(), await start()];
    await submit(one);
    await one.join('ada');
    await other.join('ben');
    await fed(one);
    const held = await heldBy(one);
    await one.leave('ada');
    await later(one, CLAIM_UNABLE_MS - 1);
    expect(await heldBy(one)).toBe(held);
    await later(one, 1);
    expect(await count('stream IS NULL')).toBe(64);
    await fed(other);
  });

  it('stay as far as agents are at them, and are booked as done part by part', async () => {
    const one = await start();
    await submit(one);
    await one.join('ada');
    await fed(one);
    const [accepted, checked, leased] = await one.lease('ada', 3);
    await one.accept(await one.report('ada', accepted!)); // as many as were asked for
    const checks = await one.report('ada', checked!);
    await later(one, CLAIM_IDLE_MS);
    expect(await heldBy(one)).toBe(2);
    expect(await count('done')).toBe(1);
    await one.accept(checks);
    await one.accept(await one.report('ada', leased!));
    await one.work.settled();
    expect(await count('done')).toBe(3);
  });

  it('are left to others for a while after they went back, and then taken again', async () => {
    const one = await start();
    await submit(one);
    await one.join('ada');
    await fed(one);
    await later(one, CLAIM_IDLE_MS);
    expect(await count('stream IS NULL')).toBe(64);
    await later(one, CLAIM_REST_MS);
    expect(await heldBy(one)).toBeGreaterThan(0);
    expect(await one.lease('ada')).toHaveLength(1);
  });

  it('of a job computed twice are taken where two agents are able, and go back where one is', async () => {
    const one = await start();
    await submit(one, { kind: 'twice' });
    await one.join('ada');
    await looked(one);
    expect(await heldBy(one)).toBe(0);
    await one.join('ben');
    await fed(one);
    const [lease] = await one.lease('ada');
    expect(await one.report('ada', lease!)).toEqual([]);
    await one.leave('ben');
    await later(one, CLAIM_UNABLE_MS);
    expect(await count('stream IS NULL')).toBe(64);
  });

  it('are computed though the answer of taking them was lost', async () => {
    const claims = claimsOf(test.database);
    let lost = 0;
    const one = await start({
      ...claims,
      async take(stageId, to) {
        const taken = await claims.take(stageId, to);
        return lost++ > 0 ? taken : fail(failure('storage_failed', 'the answer was lost'));
      },
    });
    await submit(one);
    await one.join('ada');
    await fed(one);
    expect(await one.lease('ada')).toEqual([]);
    await looked(one);
    expect(await one.lease('ada')).toHaveLength(1);
  });

  it('are begun once, though one is booked as done while forgotten ones are looked for', async () => {
    const claims = claimsOf(test.database);
    let lose = false;
    let lost = false;
    const one: Member = await start({
      ...claims,
      async take(stageId, to) {
        const taken = await claims.take(stageId, to);
        lost ||= lose;
        return lose ? fail(failure('storage_failed', 'the answer was lost')) : taken;
      },
      async held(stream) {
        // What it tells is old when it comes: all that was at work is done meanwhile.
        const held = await claims.held(stream);
        for (const lease of leased) await one.accept(await one.report('ada', lease));
        // Others may be done by then, too.
        const these = `done AND row_start IN (${leased.map(({ rows }) => rows.start).join()})`;
        await untilSo('they are done', async () => (await count(these)) === leased.length);
        return held;
      },
    });
    await submit(one);
    await one.join('ada');
    await fed(one);
    const leased = await one.lease('ada', 4);
    expect(leased).toHaveLength(4);
    lose = true;
    await looked(one);
    expect(lost).toBe(true);
    lose = false;
    await looked(one);
    await untilSo('all is done', async () => {
      for (const lease of await one.lease('ada', 8)) {
        await one.accept(await one.report('ada', lease));
      }
      one.keeper.look();
      return (await count('done')) === 64;
    });
  });
});
