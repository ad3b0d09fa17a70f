import { describe, expect, it } from 'vitest';
import { failure } from '../../domain/failure.ts';
import type { AgentId, JobId } from '../../domain/ids.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { LeaseNumber, SchedulerEffect } from '../../scheduler/index.ts';
import type { Telling } from './agent-standings.ts';
import { deedsOf, type Deeds } from './deeds.ts';

const ADA = 'ada' as AgentId;
const MAL = 'mal' as AgentId;
const AS = { member: 1, stream: 1 };
const AWAY = fail(failure('storage_failed', 'the database is away.'));

function accepted(...agents: AgentId[]): SchedulerEffect {
  const task = { job: 'job' as JobId, stage: 0, index: 0, rows: { start: 0, end: 1 } };
  const leases = agents.map((_, at) => (at + 1) as LeaseNumber);
  const checked = { verification: 'complete', checks: 1 } as const;
  return {
    kind: 'tasks-accepted',
    tasks: [{ ...task, lease: 1 as LeaseNumber, agents, leases, ...checked }],
  };
}

/** Deeds over what answers as it is told to. */
function deedsOver(answers: Outcome<void>[]) {
  const heard: Telling[] = [];
  let events = 0;
  const tell = async (telling: Telling): Promise<Outcome<void>> => {
    heard.push(telling);
    return answers.shift() ?? succeed(undefined);
  };
  const deeds = deedsOf({ standings: { tell }, as: AS, eventCount: () => events });
  const after = (effect: SchedulerEffect): Deeds => {
    events += 1;
    deeds.note(effect);
    return deeds;
  };
  return { deeds, heard, after };
}

describe('deeds at a stream', () => {
  it('are told in sums, with how many events they are of', async () => {
    const { deeds, heard, after } = deedsOver([]);
    for (const effect of [accepted(ADA), accepted(ADA, MAL)]) after(effect);
    after({ kind: 'agent-quarantined', agent: MAL, untilMs: 7, reason: 'lied' });
    after({ kind: 'agent-barred', agent: ADA, untilMs: 9, reason: 'told by another' });
    expect(await deeds.tell()).toEqual(succeed(undefined));
    expect(await deeds.tell()).toEqual(succeed(undefined));
    expect(heard).toEqual([
      {
        through: 4,
        changes: [
          { agent: ADA, accepted: 2, rejected: 0 },
          { agent: MAL, accepted: 1, rejected: 1 },
        ],
        quarantines: [{ agent: MAL, untilMs: 7, reason: 'lied' }],
      },
    ]);
  });

  it('tell of no quarantine that ended again', async () => {
    const { deeds, heard, after } = deedsOver([]);
    after({ kind: 'agent-quarantined', agent: MAL, untilMs: 7, reason: 'lied' });
    after({ kind: 'agent-quarantined', agent: ADA, untilMs: 7, reason: 'lied' });
    after({ kind: 'quarantine-ended', agent: MAL, reason: 'our fault' });
    await deeds.tell();
    const quarantines = [{ agent: ADA, untilMs: 7, reason: 'lied' }];
    expect(heard).toMatchObject([{ through: 3, quarantines }]);
  });

  it('that may have been told are told again as they were, before later ones', async () => {
    const { deeds, heard, after } = deedsOver([AWAY, AWAY]);
    const [first, second] = [[{ agent: ADA, accepted: 1, rejected: 0 }], 2];
    await after(accepted(ADA)).tell();
    await after(accepted(MAL)).tell();
    expect(await deeds.tell()).toEqual(succeed(undefined));
    expect(heard.map(({ through, changes }) => ({ through, changes }))).toEqual([
      { through: 1, changes: first },
      { through: 1, changes: first },
      { through: 1, changes: first },
      { through: second, changes: [{ agent: MAL, accepted: 1, rejected: 0 }] },
    ]);
  });

  it('are told by one call at a time', async () => {
    const { deeds, heard, after } = deedsOver([]);
    after(accepted(ADA));
    await Promise.all([deeds.tell(), after(accepted(ADA)).tell(), deeds.tell()]);
    const sum = heard.flatMap(({ changes }) => changes).reduce((all, one) => all + one.accepted, 0);
    expect(sum).toBe(2);
  });
});
