import { describe, expect, it } from 'vitest';
import { type FailureCode } from '../domain/failure.ts';
import { RECONNECT_MS_MAX, RECONNECT_MS_MIN } from '../domain/limits.ts';
import type { AgentEventBody } from './agent-event.ts';
import { wakeAtMs } from './agent-machine.ts';
import type { Phase } from './agent-state.ts';
import {
  LIMITS,
  JOINED,
  tasks,
  granted,
  joinFailed,
  callFailed,
  fetched,
  subjectIn,
  working,
  kinds,
} from './agent-subject.contract.ts';

describe('each phase and what its owner asks for', () => {
  type Row = [Phase['kind'], AgentEventBody['kind'], Phase['kind'], string[]];
  const limits = { ...LIMITS, lanes: 3 };
  const rows: Row[] = [
    ['stopped', 'start-requested', 'joining', ['join']],
    ['stopped', 'pause-requested', 'stopped', []],
    ['stopped', 'resume-requested', 'stopped', []],
    ['stopped', 'stop-requested', 'stopped', []],
    ['stopped', 'limits-changed', 'stopped', []],
    ['joining', 'start-requested', 'joining', []],
    ['joining', 'pause-requested', 'paused', ['abandon']],
    ['joining', 'resume-requested', 'joining', []],
    ['joining', 'stop-requested', 'stopped', ['abandon']],
    ['joining', 'limits-changed', 'joining', ['abandon', 'join']],
    ['backing-off', 'start-requested', 'backing-off', []],
    ['backing-off', 'pause-requested', 'paused', []],
    ['backing-off', 'resume-requested', 'backing-off', []],
    ['backing-off', 'stop-requested', 'stopped', []],
    ['backing-off', 'limits-changed', 'joining', ['join']],
    ['refused', 'start-requested', 'joining', ['join']],
    ['refused', 'pause-requested', 'paused', []],
    ['refused', 'resume-requested', 'refused', []],
    ['refused', 'stop-requested', 'stopped', []],
    ['refused', 'limits-changed', 'joining', ['join']],
    ['working', 'start-requested', 'working', []],
    ['working', 'pause-requested', 'paused', ['abandon', 'leave']],
    ['working', 'resume-requested', 'working', []],
    ['working', 'stop-requested', 'stopped', ['abandon', 'leave']],
    ['working', 'limits-changed', 'joining', ['abandon', 'join']],
    ['paused', 'start-requested', 'paused', []],
    ['paused', 'pause-requested', 'paused', []],
    ['paused', 'resume-requested', 'joining', ['join']],
    ['paused', 'stop-requested', 'stopped', []],
    ['paused', 'limits-changed', 'paused', []],
  ];

  it.each(rows)('%s, %s: then %s', (from, kind, to, wanted) => {
    const subject = subjectIn(from);
    // Only 'limits-changed' carries more than its kind; the table names no answers.
    const effects = subject.tell(
      kind === 'limits-changed' ? { kind, limits } : ({ kind } as AgentEventBody),
    );
    expect(subject.phase).toBe(to);
    expect(kinds(effects)).toEqual(wanted);
  });
});

describe('joining', () => {
  const rows: [FailureCode, Phase['kind']][] = [
    ['unavailable', 'backing-off'],
    ['timeout', 'backing-off'],
    ['challenge_invalid', 'backing-off'],
    ['agent_quarantined', 'backing-off'],
    ['sandbox_only', 'refused'],
    ['version_unsupported', 'refused'],
    ['key_unusable', 'refused'],
    ['signature_invalid', 'refused'],
    ['conformance_failed', 'refused'],
  ];
  it.each(rows)('after %s is %s, and keeps no lane open', (code, phase) => {
    const subject = subjectIn('joining');
    expect(kinds(subject.answer(joinFailed(code)))).toEqual(['abandon']);
    expect(subject.phase).toBe(phase);
    expect(subject.state.lastFailure?.failure.code).toBe(code);
  });

  it('waits longer after each failed try, up to the limit, and never without jitter', () => {
    const subject = subjectIn('joining');
    const waits: number[] = [];
    for (let tries = 0; tries < 12; tries++) {
      subject.answer(joinFailed('unavailable'));
      const untilMs = wakeAtMs(subject.state) ?? 0;
      waits.push(untilMs - subject.atMs);
      subject.atMs = untilMs;
      expect(kinds(subject.tell({ kind: 'woken' }))).toEqual(['join']);
    }
    expect(waits[0]).toBeGreaterThanOrEqual(RECONNECT_MS_MIN / 2);
    expect(waits[0]).toBeLessThanOrEqual(RECONNECT_MS_MIN);
    expect(Math.max(...waits)).toBeLessThanOrEqual(RECONNECT_MS_MAX);
    expect(waits[11]).toBeGreaterThanOrEqual(RECONNECT_MS_MAX / 2);
    expect(waits[11]).not.toBe(waits[10]);
  });

  it('waits at least as long as it was asked to', () => {
    const subject = subjectIn('joining');
    subject.answer(joinFailed('queue_full', 60_000));
    expect(wakeAtMs(subject.state)).toBeGreaterThan(subject.atMs + 60_000);
  });

  it('waits on when woken too early', () => {
    const subject = subjectIn('backing-off');
    expect(subject.tell({ kind: 'woken' })).toEqual([]);
    expect(subject.phase).toBe('backing-off');
  });

  it('ignores what answers a former try', () => {
    const subject = subjectIn('joining');
    const { epoch } = subject.state;
    subject.tell({ kind: 'pause-requested' });
    subject.tell({ kind: 'resume-requested' });
    subject.tell({ ...JOINED, epoch });
    expect(subject.phase).toBe('joining');
  });

  it('says why nothing is computed, and since when', () => {
    const subject = subjectIn('joining');
    expect(subject.state.idle).toEqual({ why: 'joining', sinceMs: 1_000_000 });
    subject.after(500).answer(joinFailed('unavailable'));
    expect(subject.state.idle).toEqual({ why: 'reconnecting', sinceMs: 1_000_500 });
    subject.after(500).tell({ kind: 'stop-requested' });
    expect(subject.state.idle).toEqual({ why: 'stopped', sinceMs: 1_001_000 });
  });
});

it('does the same for the same events', () => {
  const run = (): unknown => {
    const subject = working();
    const effects = [
      subject.answer(granted(tasks(4))),
      subject.answer(fetched(0)),
      subject.answer(callFailed('lease', 'unavailable')),
      subject.after(10_000).tell({ kind: 'woken' }),
    ];
    return { effects, wake: wakeAtMs(subject.state), counters: subject.state.counters };
  };
  expect(run()).toEqual(run());
});
