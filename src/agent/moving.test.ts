import { describe, expect, it } from 'vitest';
import { failure } from '../domain/failure.ts';
import { ORCHESTRATOR_AWAY_MS } from '../domain/limits.ts';
import type { AgentEffect } from './agent-effect.ts';
import type { AgentAnswer } from './agent-event.ts';
import { wakeAtMs } from './agent-machine.ts';
import {
  STANDING,
  JOINED,
  LIMITS,
  Subject,
  TERMS,
  callFailed,
  computed,
  effectOf,
  fetched,
  finish,
  granted,
  joinFailed,
  kinds,
  tasks,
} from './agent-subject.contract.ts';

const HEARD: AgentAnswer = {
  kind: 'heartbeat-answered',
  withdrawn: [],
  dropped: [],
  standing: STANDING,
};
const STOPPING = { kind: 'refused', reason: 'shutting_down', askAgainMs: 2_000 } as const;
const SHUTTING_DOWN: AgentAnswer = {
  kind: 'leases-answered',
  answer: { ...STOPPING, standing: STANDING },
};

function joiningOf(orchestratorCount: number): Subject {
  const subject = new Subject(LIMITS, orchestratorCount);
  subject.tell({ kind: 'start-requested' });
  return subject;
}

/** Attached to the first of so many, for long enough that its session counts as one that lasted. */
function workingOf(orchestratorCount: number): Subject {
  const subject = joiningOf(orchestratorCount);
  subject.answer(JOINED);
  return subject.after(60_000);
}

/** Wakes the agent whenever it wants to be, up to an instant, while no call is answered well. */
function silence(subject: Subject, untilMs: number): readonly AgentEffect[] {
  const effects: AgentEffect[] = [];
  for (let atMs = nextMs(subject); atMs <= untilMs; atMs = nextMs(subject)) {
    subject.atMs = atMs;
    const wanted = subject.tell({ kind: 'woken' });
    effects.push(...wanted);
    if (subject.phase !== 'working') return effects;
    for (const { kind } of wanted) {
      if (kind === 'lease' || kind === 'heartbeat') subject.answer(callFailed(kind, 'unavailable'));
    }
  }
  subject.atMs = untilMs;
  return effects;
}

function nextMs(subject: Subject): number {
  return wakeAtMs(subject.state) ?? Infinity;
}

const toWhom = (effects: readonly AgentEffect[]): number => effectOf(effects, 'join').orchestrator;

describe('joining with several orchestrators', () => {
  it('tries the first one first', () => {
    const subject = new Subject(LIMITS, 3);
    expect(toWhom(subject.tell({ kind: 'start-requested' }))).toBe(0);
  });

  it.each([2, 3])('asks each of %i once, and then waits before the next round', (count) => {
    const subject = joiningOf(count);
    for (let next = 1; next < count; next++) {
      const effects = subject.answer(joinFailed('unavailable'));
      expect(kinds(effects)).toEqual(['abandon', 'join']);
      expect(toWhom(effects)).toBe(next);
    }
    expect(kinds(subject.answer(joinFailed('unavailable')))).toEqual(['abandon']);
    expect(subject.phase).toBe('backing-off');
    const firstMs = nextMs(subject) - subject.atMs;
    subject.atMs = nextMs(subject);
    expect(toWhom(subject.tell({ kind: 'woken' }))).toBe(0);
    for (let round = 0; round < count; round++) subject.answer(joinFailed('unavailable'));
    expect(nextMs(subject) - subject.atMs).toBeGreaterThan(firstMs);
  });

  it('goes on from one that answers without taking it', () => {
    const subject = joiningOf(2);
    expect(toWhom(subject.answer(joinFailed('queue_full', 60_000)))).toBe(1);
  });

  it('is refused for good by the first that does so', () => {
    const subject = joiningOf(2);
    subject.answer(joinFailed('version_unsupported'));
    expect(subject.phase).toBe('refused');
  });

  it('tells where it moved to and why, once it is there', () => {
    const subject = joiningOf(3);
    subject.answer({ kind: 'join-failed', failure: failure('unavailable', 'the first is away') });
    subject.answer({ kind: 'join-failed', failure: failure('timeout', 'the second too') });
    expect(subject.state.round.moved).toBeNull();
    subject.after(70).answer(JOINED);
    const why = failure('unavailable', 'the first is away');
    expect(subject.state.round.moved).toEqual({ from: 0, to: 2, failure: why, atMs: 1_000_070 });
  });

  it('tells of no move where the first is the first to come back', () => {
    const subject = joiningOf(2);
    subject.answer(joinFailed('unavailable'));
    subject.answer(joinFailed('unavailable'));
    subject.atMs = nextMs(subject);
    subject.tell({ kind: 'woken' });
    subject.answer(JOINED);
    expect(subject.state.round).toMatchObject({ at: 0, left: null, moved: null });
  });
});

describe('an orchestrator that gives no answer', () => {
  it.each([
    ['stays until the limit', ORCHESTRATOR_AWAY_MS - 1, 'working'],
    ['moves at the limit', ORCHESTRATOR_AWAY_MS, 'joining'],
  ] as const)('%s', (_, silentMs, phase) => {
    const subject = workingOf(2);
    const sinceMs = subject.atMs;
    subject.answer(callFailed('lease', 'unavailable'));
    silence(subject, sinceMs + silentMs);
    expect(subject.phase).toBe(phase);
    expect(subject.atMs).toBe(sinceMs + silentMs);
  });

  it('is left with a leave, and what was held for it is dropped', () => {
    const subject = workingOf(2);
    subject.answer(granted(tasks(3)));
    finish(subject, 0);
    const { epoch } = subject.state;
    subject.answer(callFailed('heartbeat', 'timeout'));
    const effects = silence(subject, subject.atMs + ORCHESTRATOR_AWAY_MS).slice(-3);
    expect(kinds(effects)).toEqual(['leave', 'abandon', 'join']);
    expect(effectOf(effects, 'leave').session).toBe(TERMS.session);
    expect(toWhom(effects)).toBe(1);
    expect(subject.state.counters.tasksDropped).toBe(3);
    expect(subject.tell({ ...computed(1), epoch })).toEqual([]);
    expect(kinds(subject.answer(JOINED))).toEqual(['lease']);
  });

  it('computes on meanwhile', () => {
    const subject = workingOf(2);
    subject.answer(granted(tasks(2)));
    subject.answer(callFailed('heartbeat', 'unavailable'));
    expect(kinds(subject.answer(fetched(0)))).toEqual(['compute']);
  });

  it('is stayed with where it is back before the limit, and has as long again', () => {
    const subject = workingOf(2);
    subject.answer(callFailed('lease', 'unavailable'));
    silence(subject, subject.atMs + ORCHESTRATOR_AWAY_MS - 1);
    subject.answer(HEARD);
    subject.after(1).answer(callFailed('lease', 'unavailable'));
    silence(subject, subject.atMs + ORCHESTRATOR_AWAY_MS - 1);
    expect(subject.phase).toBe('working');
  });

  it('is waited for without end where it is the only one', () => {
    const subject = workingOf(1);
    subject.answer(callFailed('lease', 'unavailable'));
    silence(subject, subject.atMs + 20 * ORCHESTRATOR_AWAY_MS);
    expect(subject.phase).toBe('working');
  });

  it('is not one that answers with a failure', () => {
    const subject = workingOf(2);
    subject.answer(callFailed('lease', 'storage_failed'));
    expect(subject.state.idle?.why).toBe('reconnecting');
    subject.after(ORCHESTRATOR_AWAY_MS).tell({ kind: 'woken' });
    expect(subject.phase).toBe('working');
  });
});

describe('an orchestrator that shuts down', () => {
  it('is left at once for the next', () => {
    const subject = workingOf(2);
    subject.answer(granted(tasks(1)));
    const effects = subject.answer(SHUTTING_DOWN);
    expect(kinds(effects)).toEqual(['leave', 'abandon', 'join']);
    expect(toWhom(effects)).toBe(1);
    expect(subject.state.counters.tasksDropped).toBe(1);
  });

  it('is left at once where it says so along with a report', () => {
    const subject = workingOf(2);
    // Its wish for tasks goes along with the report: no other request is under way.
    subject.answer(granted(tasks(4)));
    for (const index of [0, 1, 2]) finish(subject, index, 1);
    subject.answer(granted([]));
    const { results } = effectOf(subject.after(1_000).tell({ kind: 'woken' }), 'report');
    const effects = subject.answer({
      kind: 'report-answered',
      leases: results.map(({ lease }) => lease),
      statuses: results.map(() => 'received'),
      standing: STANDING,
      next: { ...STOPPING, standing: STANDING },
    });
    expect(toWhom(effects)).toBe(1);
    expect(subject.state.counters).toMatchObject({ tasksReported: 3, tasksDropped: 1 });
  });

  it('is waited for where it is the only one', () => {
    const subject = workingOf(1);
    subject.answer(SHUTTING_DOWN);
    expect(subject.phase).toBe('working');
    expect(subject.state.idle?.why).toBe('shutting_down');
  });

  it('is no reason for a hot loop where all say so right after joining', () => {
    const subject = joiningOf(2);
    subject.answer(JOINED);
    expect(toWhom(subject.answer(SHUTTING_DOWN))).toBe(1);
    subject.answer(JOINED);
    expect(kinds(subject.answer(SHUTTING_DOWN))).toEqual(['leave', 'abandon']);
    expect(subject.phase).toBe('backing-off');
  });
});

describe('the orchestrator that an agent moved to', () => {
  it('is the first that it tries after a pause, a stop or changed limits', () => {
    const subject = workingOf(3);
    subject.answer(SHUTTING_DOWN);
    subject.answer(JOINED);
    subject.tell({ kind: 'pause-requested' });
    expect(toWhom(subject.tell({ kind: 'resume-requested' }))).toBe(1);
    expect(toWhom(subject.tell({ kind: 'limits-changed', limits: LIMITS }))).toBe(1);
    subject.tell({ kind: 'stop-requested' });
    expect(toWhom(subject.tell({ kind: 'start-requested' }))).toBe(1);
  });

  it('is joined anew where it forgot the session', () => {
    const subject = workingOf(2);
    subject.answer(SHUTTING_DOWN);
    subject.answer(JOINED);
    expect(toWhom(subject.after(60_000).answer(callFailed('lease', 'session_unknown')))).toBe(1);
  });

  it('is left for the first again, in the end', () => {
    const subject = workingOf(2);
    subject.answer(SHUTTING_DOWN);
    subject.answer(JOINED);
    expect(toWhom(subject.after(60_000).answer(SHUTTING_DOWN))).toBe(0);
  });
});
