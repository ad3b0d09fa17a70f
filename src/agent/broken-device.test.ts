import { describe, expect, it } from 'vitest';
import { WITHDRAWN_PER_CALL_MAX } from '../domain/limits.ts';
import type { AgentEffect } from './agent-effect.ts';
import type { AgentAnswer } from './agent-event.ts';
import {
  callFailed,
  computed,
  effectOf,
  fetched,
  finish,
  granted,
  kinds,
  leaseId,
  STANDING,
  stored,
  Subject,
  task,
  tasks,
  OFFERED,
  TERMS,
  working,
} from './agent-subject.contract.ts';

const FAILED = [{ primitive: 'relu', backend: 'webgpu', passed: false, detail: 'why' }] as const;
const broken = (...indexes: number[]): AgentAnswer => ({
  kind: 'backend-broken',
  failed: FAILED,
  suspects: indexes.map(leaseId),
});
const heard = (withdrawn: readonly number[] = []): AgentAnswer => ({
  kind: 'heartbeat-answered',
  dropped: [],
  withdrawn: withdrawn.map(leaseId),
  standing: STANDING,
});
const reportedAll = (indexes: readonly number[]): AgentAnswer => ({
  kind: 'report-answered',
  leases: indexes.map(leaseId),
  statuses: indexes.map(() => 'received' as const),
  standing: STANDING,
  next: null,
});
const REFUSED: AgentAnswer = {
  kind: 'leases-answered',
  answer: { kind: 'refused', reason: 'no_jobs', askAgainMs: 60_000, standing: STANDING },
};
const QUARANTINED = { ...STANDING, quarantine: { untilMs: 9e12, reason: 'row 3 is wrong' } };

function leaseIdsIn(effects: readonly AgentEffect[]) {
  return effectOf(effects, 'report').results.map(({ lease, result }) => [lease, result.kind]);
}

describe('what a broken backend computed', () => {
  it.each([
    ['computed, and not yet stored', [fetched(0), computed(0)]],
    ['stored, and not yet reported', [fetched(0), computed(0), stored(0)]],
  ])('is handed back where it is %s', (_, course) => {
    const subject = working();
    // One that is still on its way keeps the report waiting.
    subject.answer(granted([task(0), task(1)]));
    for (const answer of course) subject.answer(answer);
    expect(kinds(subject.answer(broken(0)))).toContain('drop');
    // An answer that was on its way to it changes nothing.
    subject.answer(stored(0));
    const effects = subject.after(1_000).tell({ kind: 'woken' });
    expect(leaseIdsIn(effects)).toEqual([[leaseId(0), 'failed']]);
  });

  it('is withdrawn at once where it was reported', () => {
    const subject = working();
    subject.answer(granted([task(0), task(1)]));
    finish(subject, 0);
    subject.after(1_000).tell({ kind: 'woken' });
    subject.answer(reportedAll([0]));
    const effects = subject.answer(broken(0));
    expect(effectOf(effects, 'heartbeat').withdrawn).toEqual([leaseId(0)]);
  });

  it('is withdrawn again until the orchestrator has heard of it', () => {
    const subject = working();
    effectOf(subject.answer(broken(0)), 'heartbeat');
    subject.answer(callFailed('heartbeat', 'unavailable'));
    const again = effectOf(subject.after(TERMS.heartbeatMs).tell({ kind: 'woken' }), 'heartbeat');
    expect(again.withdrawn).toEqual([leaseId(0)]);
    subject.answer(heard([0]));
    const next = effectOf(subject.after(TERMS.heartbeatMs).tell({ kind: 'woken' }), 'heartbeat');
    expect(next.withdrawn).toEqual([]);
  });

  it('is withdrawn while it is on its way, and not sent again where that fails', () => {
    const subject = working();
    subject.answer(granted([task(0)]));
    subject.answer(REFUSED);
    finish(subject, 0);
    expect(effectOf(subject.answer(broken(0)), 'heartbeat').withdrawn).toEqual([leaseId(0)]);
    subject.answer(callFailed('report', 'unavailable'));
    const effects = subject.after(60_000).tell({ kind: 'woken' });
    expect(leaseIdsIn(effects)).toEqual([[leaseId(0), 'failed']]);
  });

  it('is withdrawn in as many heartbeats as it takes, one behind the other', () => {
    const subject = working();
    const all = Array.from({ length: WITHDRAWN_PER_CALL_MAX + 1 }, (_, index) => index);
    const first = effectOf(subject.answer(broken(...all)), 'heartbeat').withdrawn;
    expect(first).toHaveLength(WITHDRAWN_PER_CALL_MAX);
    const second = effectOf(subject.answer(heard(all.slice(0, -1))), 'heartbeat').withdrawn;
    expect(second).toEqual([leaseId(WITHDRAWN_PER_CALL_MAX)]);
  });
});

describe('an agent whose device broke', () => {
  it('goes on with what it holds, asks for no more, and then joins again', () => {
    const subject = working();
    subject.answer(granted(tasks(2)));
    subject.answer(REFUSED);
    subject.answer(broken());
    const held = [finish(subject, 0), finish(subject, 1)].flat();
    expect(kinds(held)).not.toContain('lease');
    expect(kinds(held)).not.toContain('join');
    const effects = subject.answer(reportedAll([0, 1]));
    expect(kinds(effects)).toEqual(['abandon', 'join']);
    expect(subject.state.counters.tasksDropped).toBe(0);
  });

  it.each([
    ['a request for work is out', (subject: Subject) => void subject],
    ['a withdrawal is on its way', (subject: Subject) => subject.answer(REFUSED)],
  ])('does not join again while %s', (_, prepare) => {
    const subject = working();
    prepare(subject);
    subject.answer(broken(0));
    expect(subject.phase).toBe('working');
    subject.answer(REFUSED);
    subject.answer(heard([0]));
    expect(subject.phase).toBe('joining');
  });

  it('tells its owner what failed', () => {
    const subject = working();
    subject.answer(broken());
    expect(subject.state.selfTest).toMatchObject({ why: 'working', failed: FAILED });
  });

  it('joins again where it lost a backend in another way', () => {
    const subject = working();
    subject.answer(REFUSED);
    expect(kinds(subject.answer({ kind: 'capability-changed' }))).toEqual(['abandon', 'join']);
  });
});

describe('a quarantine', () => {
  const quarantined: AgentAnswer = { ...heard(), standing: QUARANTINED } as AgentAnswer;

  it('has the vectors run, once, and tells what failed', () => {
    const subject = working();
    expect(kinds(subject.answer(quarantined))).toContain('try-vectors');
    expect(kinds(subject.answer(quarantined))).not.toContain('try-vectors');
    subject.answer({ kind: 'vectors-tried', failed: FAILED });
    expect(subject.state.selfTest).toMatchObject({ why: 'quarantine', failed: FAILED });
  });

  it('that is known on joining has them run too', () => {
    const subject = new Subject();
    subject.tell({ kind: 'start-requested' });
    const terms = { ...TERMS, standing: QUARANTINED };
    expect(kinds(subject.answer({ kind: 'joined', terms, offered: OFFERED }))).toContain(
      'try-vectors',
    );
  });
});
