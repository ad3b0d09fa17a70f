import { describe, expect, it } from 'vitest';
import { failure, type FailureCode } from '../domain/failure.ts';
import {
  LEASES_PER_AGENT_MAX,
  RECONNECT_MS_MAX,
  RECONNECT_MS_MIN,
  REPORT_LINGER_MS,
  RESULTS_PER_REPORT_MAX,
} from '../domain/limits.ts';
import type { AgentEffect } from './agent-effect.ts';
import { wakeAtMs } from './agent-machine.ts';
import {
  STANDING,
  JOINED,
  LIMITS,
  OFFERED,
  TERMS,
  Subject,
  leaseId,
  task,
  tasks,
  granted,
  callFailed,
  computed,
  fetched,
  stored,
  working,
  finish,
  kinds,
  effectOf,
  taskFailed,
} from './agent-subject.contract.ts';
import { IDLE_SHOWN_MS } from './idling.ts';

const REPORTED = {
  kind: 'report-answered',
  leases: [leaseId(0)],
  statuses: ['received'],
  standing: STANDING,
} as const;

/** An agent that reports its only task, and asks for work by that. */
function reportingOne(): Subject {
  const subject = working();
  subject.answer(granted([task(0)]));
  // What it asks for meanwhile is refused for a while, which is over when it reports.
  const refused = { kind: 'refused', reason: 'all_leased', askAgainMs: 500 } as const;
  subject.answer({ kind: 'leases-answered', answer: { ...refused, standing: STANDING } });
  subject.answer(fetched(0));
  subject.answer(computed(0));
  const effects = subject.after(1_000).answer(stored(0));
  expect(effectOf(effects, 'report').maxTasks).toBe(4);
  expect(kinds(effects)).not.toContain('lease');
  return subject;
}

describe('leasing', () => {
  it('asks on joining for what its lanes compute and as much ahead', () => {
    const subject = new Subject();
    subject.tell({ kind: 'start-requested' });
    const ask = effectOf(subject.answer(JOINED), 'lease');
    expect(ask).toMatchObject({ session: TERMS.session, maxTasks: 4, waitMs: 20_000 });
  });

  it('asks for more before the lanes run dry', () => {
    const subject = working();
    subject.answer(granted(tasks(4)));
    for (const index of [0, 1, 2, 3]) subject.answer(fetched(index));
    // Two compute and two wait: enough. One done, and one of those that waited begins.
    const effects = subject.answer(computed(0));
    expect(kinds(effects)).toEqual(['compute', 'store-output', 'lease']);
    expect(effectOf(effects, 'lease').maxTasks).toBe(1);
  });

  it('leases small tasks by the batch', () => {
    const subject = working();
    subject.answer(granted(tasks(4)));
    for (const index of [0, 1, 2]) finish(subject, index, 1);
    subject.answer({ kind: 'inputs-fetched', lease: leaseId(3) });
    subject.answer(granted([]));
    const effects = subject.after(1_000).tell({ kind: 'woken' });
    expect(effectOf(effects, 'report').maxTasks).toBe(64);
    expect(kinds(effects)).not.toContain('lease');
  });

  it('asks along with a report, and takes what that brings', () => {
    const subject = reportingOne();
    const answer = { kind: 'granted', tasks: [task(7)], standing: STANDING } as const;
    const effects = subject.answer({ ...REPORTED, next: answer });
    expect(effects).toContainEqual(expect.objectContaining({ kind: 'fetch-inputs' }));
    // Its lanes want more than one task: the next request is one that waits.
    expect(effectOf(effects, 'lease')).toMatchObject({ maxTasks: 3, waitMs: 20_000 });
  });

  it('asks with a call that waits where a report brings no task', () => {
    const subject = reportingOne();
    const refused = { kind: 'refused', reason: 'no_jobs', askAgainMs: 0 } as const;
    const effects = subject.answer({ ...REPORTED, next: { ...refused, standing: STANDING } });
    expect(kinds(effects)).toEqual(['lease']);
    expect(subject.state.phase).toMatchObject({ refusal: 'no_jobs' });
  });

  it('asks with a call of its own where an older orchestrator does not say', () => {
    expect(kinds(reportingOne().answer({ ...REPORTED, next: null }))).toEqual(['lease']);
  });

  it('asks again where the report that asked is lost', () => {
    const subject = reportingOne();
    subject.answer(callFailed('report', 'unavailable'));
    const again = subject.after(RECONNECT_MS_MAX).tell({ kind: 'woken' });
    expect(effectOf(again, 'report').maxTasks).toBe(4);
  });

  it('waits as long as the orchestrator says, and tells its reason', () => {
    const subject = working();
    const answer = { kind: 'refused', reason: 'no_jobs', askAgainMs: 700 } as const;
    expect(
      subject.answer({ kind: 'leases-answered', answer: { ...answer, standing: STANDING } }),
    ).toEqual([]);
    expect(subject.state.idle?.why).toBe('no_jobs');
    expect(wakeAtMs(subject.state)).toBe(subject.atMs + 700);
    expect(subject.after(699).tell({ kind: 'woken' })).toEqual([]);
    expect(kinds(subject.after(1).tell({ kind: 'woken' }))).toEqual(['lease']);
  });

  it('makes no hot loop of refusals that ask to be asked at once', () => {
    const subject = working();
    const answer = {
      kind: 'refused',
      reason: 'no_jobs',
      askAgainMs: 0,
      standing: STANDING,
    } as const;
    expect(subject.answer({ kind: 'leases-answered', answer })).toEqual([]);
    expect(wakeAtMs(subject.state)).toBeGreaterThan(subject.atMs);
  });

  it('rests as long as it is quarantined', () => {
    const subject = working();
    const quarantined = failure('agent_quarantined', 'wrong results', 90_000);
    subject.answer({ kind: 'call-failed', call: 'lease', failure: quarantined });
    expect(subject.state.idle?.why).toBe('quarantined');
    expect(kinds(subject.after(89_999).tell({ kind: 'woken' }))).not.toContain('lease');
    expect(kinds(subject.after(1).tell({ kind: 'woken' }))).toContain('lease');
  });

  it('holds no more leases than allowed, whatever it is given', () => {
    const subject = working();
    for (let start = 0; start < 400; start += 50) {
      subject.answer(granted(tasks(start + 50).slice(start)));
    }
    const { phase } = subject.state;
    expect(phase).toMatchObject({ kind: 'working' });
    expect(phase.kind === 'working' && phase.held.size).toBe(LEASES_PER_AGENT_MAX);
  });

  it('takes a lease that is given twice as one', () => {
    const subject = working();
    const effects = subject.answer(granted([task(1), task(1)]));
    expect(effects.filter(({ kind }) => kind === 'fetch-inputs')).toHaveLength(1);
  });
});

describe('a task on its way', () => {
  it('is fetched, computed, stored and reported', () => {
    const subject = working();
    expect(kinds(subject.answer(granted([task(0)])))).toContain('fetch-inputs');
    expect(kinds(subject.answer(fetched(0)))).toEqual(['compute']);
    expect(kinds(subject.answer(computed(0)))).toContain('store-output');
    const report = effectOf(subject.answer(stored(0)), 'report');
    expect(report.results).toEqual([
      {
        lease: leaseId(0),
        result: { kind: 'output', output: [] },
        computeMs: 1_000,
        backend: 'wasm',
      },
    ]);
    const leases = [leaseId(0)];
    subject.answer({
      kind: 'report-answered',
      leases,
      statuses: ['received'],
      standing: STANDING,
      next: null,
    });
    expect(subject.state.counters).toMatchObject({ tasksComputed: 1, tasksReported: 1 });
  });

  it('never makes more than its lanes compute', () => {
    const subject = working();
    subject.answer(granted(tasks(4)));
    const begun = [0, 1, 2, 3].flatMap((index) => kinds(subject.answer(fetched(index))));
    expect(begun.filter((kind) => kind === 'compute')).toHaveLength(2);
  });

  it('is fetched ahead only as far as memory goes', () => {
    const subject = working({ ...LIMITS, memoryBytes: 4_000 });
    const big = [0, 1, 2].map((index) => task(index, 800));
    const effects = subject.answer(granted(big));
    expect(effects.filter(({ kind }) => kind === 'fetch-inputs')).toHaveLength(1);
    // Computing frees the room.
    expect(kinds(subject.answer(fetched(0)))).toEqual(['compute', 'fetch-inputs']);
  });

  it('is fetched before those behind it where inputs are large, one for each lane', () => {
    const subject = working({ ...LIMITS, memoryBytes: 2 ** 30 });
    const big = [0, 1, 2, 3].map((index) => task(index, 3 * 2 ** 20));
    const effects = subject.answer(granted(big));
    expect(effects.filter(({ kind }) => kind === 'fetch-inputs')).toHaveLength(2);
    expect(kinds(subject.answer(fetched(0)))).toEqual(['compute', 'fetch-inputs']);
  });

  it('names why nothing is computed at each step', () => {
    const subject = working();
    const why = (): string | undefined => subject.state.idle?.why;
    expect(why()).toBe('asking');
    subject.answer(granted([task(0)]));
    expect(why()).toBe('fetching_data');
    subject.answer(fetched(0));
    expect(why()).toBe('loading');
    const running = { rowsDone: 0, primitive: 'relu', backend: 'wasm' } as const;
    subject.answer({ kind: 'task-progressed', lease: leaseId(0), ...running });
    expect(why()).toBeUndefined();
    subject.answer(computed(0));
    subject.after(IDLE_SHOWN_MS).tell({ kind: 'woken' });
    expect(why()).toBe('reporting');
  });

  it('makes no idling of the moments between small tasks', () => {
    const subject = working();
    subject.answer(granted(tasks(4)));
    for (const index of [0, 1, 2, 3]) {
      finish(subject, index, 1);
      subject.after(IDLE_SHOWN_MS - 1).tell({ kind: 'woken' });
      expect(subject.state.idle).toBeNull();
    }
  });

  it('says why nothing was computed since the last one ended, once that is a moment ago', () => {
    const subject = working();
    subject.answer(granted([task(0)]));
    finish(subject, 0, 1);
    const endedAtMs = subject.atMs;
    expect(wakeAtMs(subject.state)).toBe(endedAtMs + IDLE_SHOWN_MS);
    subject.after(IDLE_SHOWN_MS).tell({ kind: 'woken' });
    expect(subject.state.idle).toEqual({ why: 'reporting', sinceMs: endedAtMs });
    expect(wakeAtMs(subject.state)).toBeGreaterThan(subject.atMs);
  });

  const failing: [string, FailureCode, string][] = [
    ['in computing, the device lost', 'device_lost', 'report'],
    ['in computing, timed out', 'timeout', 'report'],
    ['in computing, out of memory', 'out_of_memory', 'report'],
  ];
  it.each(failing)('%s: it is reported as failed', (_, code, wanted) => {
    const subject = working();
    subject.answer(granted([task(0)]));
    subject.answer(fetched(0));
    const effects = subject.answer(taskFailed(0, code));
    expect(kinds(effects)).toContain(wanted);
    expect(effectOf(effects, 'report').results[0]?.result).toMatchObject({ kind: 'failed' });
  });

  it('is fetched again after a while when the orchestrator is away', () => {
    const subject = working();
    subject.answer(granted([task(0)]));
    expect(kinds(subject.answer(taskFailed(0, 'unavailable')))).not.toContain('report');
    expect(subject.state.idle?.why).toBe('reconnecting');
    expect(kinds(subject.after(RECONNECT_MS_MIN).tell({ kind: 'woken' }))).toContain(
      'fetch-inputs',
    );
  });

  it('is stored again after a while when the orchestrator is away', () => {
    const subject = working();
    subject.answer(granted([task(0)]));
    subject.answer(fetched(0));
    subject.answer(computed(0));
    expect(kinds(subject.answer(taskFailed(0, 'timeout')))).not.toContain('report');
    expect(kinds(subject.after(RECONNECT_MS_MIN).tell({ kind: 'woken' }))).toContain(
      'store-output',
    );
  });

  it('is reported as failed when its data is gone for good', () => {
    const subject = working();
    subject.answer(granted([task(0)]));
    expect(kinds(subject.answer(taskFailed(0, 'block_unknown')))).toContain('report');
  });

  it('is stopped and forgotten when dropped, and its late result discarded', () => {
    const subject = working();
    subject.answer(granted([task(0)]));
    subject.answer(fetched(0));
    const dropped = [leaseId(0), leaseId(9)];
    const effects = subject.answer({
      kind: 'heartbeat-answered',
      withdrawn: [],
      dropped,
      standing: STANDING,
    });
    expect(effects.filter(({ kind }) => kind === 'drop')).toEqual([
      { kind: 'drop', lease: leaseId(0) },
    ]);
    expect(kinds(subject.answer(computed(0)))).toEqual([]);
    expect(subject.state.counters).toMatchObject({ tasksComputed: 0, tasksDropped: 1 });
  });
});

describe('reporting', () => {
  it('lets results share a report for a moment', () => {
    const subject = working();
    subject.answer(granted(tasks(4)));
    expect(kinds(finish(subject, 0))).not.toContain('report');
    expect(kinds(finish(subject, 1))).not.toContain('report');
    const effects = subject.after(REPORT_LINGER_MS).tell({ kind: 'woken' });
    expect(effectOf(effects, 'report').results).toHaveLength(2);
  });

  it('sends no second report before the first is answered', () => {
    const subject = working();
    subject.answer(granted(tasks(4)));
    finish(subject, 0);
    subject.after(REPORT_LINGER_MS).tell({ kind: 'woken' });
    finish(subject, 1);
    expect(kinds(subject.after(REPORT_LINGER_MS).tell({ kind: 'woken' }))).not.toContain('report');
    const leases = [leaseId(0)];
    const statuses = ['received'] as const;
    const next = subject.answer({
      kind: 'report-answered',
      leases,
      statuses,
      standing: STANDING,
      next: null,
    });
    expect(effectOf(next, 'report').results).toHaveLength(1);
  });

  it('fills a report to the limit and not beyond', () => {
    const subject = working({ ...LIMITS, lanes: 100 });
    subject.answer(granted(tasks(RESULTS_PER_REPORT_MAX + 10)));
    const sent: AgentEffect[] = [];
    for (let index = 0; index < RESULTS_PER_REPORT_MAX; index++) {
      sent.push(...finish(subject, index));
    }
    expect(effectOf(sent, 'report').results).toHaveLength(RESULTS_PER_REPORT_MAX);
  });

  it('keeps results that could not be delivered, and reports them again', () => {
    const subject = working();
    subject.answer(granted([task(0)]));
    effectOf(finish(subject, 0), 'report');
    expect(kinds(subject.answer(callFailed('report', 'unavailable')))).not.toContain('report');
    const again = subject.after(RECONNECT_MS_MIN).tell({ kind: 'woken' });
    expect(effectOf(again, 'report').results).toHaveLength(1);
  });

  it('gives up what is refused as a whole', () => {
    const subject = working();
    subject.answer(granted([task(0)]));
    finish(subject, 0);
    subject.answer(callFailed('report', 'input_invalid'));
    expect(kinds(subject.after(RECONNECT_MS_MAX).tell({ kind: 'woken' }))).not.toContain('report');
    expect(subject.state.counters.tasksFailed).toBe(1);
  });

  it('counts late results apart', () => {
    const subject = working();
    subject.answer(granted([task(0)]));
    finish(subject, 0);
    const leases = [leaseId(0)];
    subject.answer({
      kind: 'report-answered',
      leases,
      statuses: ['late'],
      standing: STANDING,
      next: null,
    });
    expect(subject.state.counters).toMatchObject({ tasksReported: 0, tasksLate: 1 });
  });
});

describe('a session', () => {
  it('sends a heartbeat with what it holds, as often as it was told', () => {
    const subject = working();
    subject.answer(granted(tasks(2)));
    subject.answer(fetched(0));
    const running = { rowsDone: 5, primitive: 'relu', backend: 'wasm' } as const;
    subject.answer({ kind: 'task-progressed', lease: leaseId(0), ...running });
    expect(kinds(subject.after(4_999).tell({ kind: 'woken' }))).not.toContain('heartbeat');
    const beat = effectOf(subject.after(1).tell({ kind: 'woken' }), 'heartbeat');
    expect(beat.leases).toEqual([
      { lease: leaseId(0), rowsDone: 5 },
      { lease: leaseId(1), rowsDone: 0 },
    ]);
    expect(kinds(subject.after(5_000).tell({ kind: 'woken' }))).not.toContain('heartbeat');
  });

  it('sends few heartbeats while it waits for work and the orchestrator counts that', () => {
    const idle = { ...TERMS, idleHeartbeatMs: 60_000 };
    const subject = new Subject();
    subject.tell({ kind: 'start-requested' });
    subject.answer({ kind: 'joined', terms: idle, offered: OFFERED });
    expect(kinds(subject.after(19_000).tell({ kind: 'woken' }))).toEqual([]);
    const refused = { kind: 'refused', reason: 'no_jobs', askAgainMs: 1_000 } as const;
    const answer = { ...refused, standing: STANDING };
    expect(kinds(subject.answer({ kind: 'leases-answered', answer }))).toEqual([]);
    expect(kinds(subject.after(1_000).tell({ kind: 'woken' }))).toEqual(['lease']);
    expect(kinds(subject.after(19_000).tell({ kind: 'woken' }))).toEqual([]);
    // Who holds a lease renews it.
    subject.answer(granted([task(0)]));
    expect(kinds(subject.after(5_000).tell({ kind: 'woken' }))).toEqual(['heartbeat']);
  });

  it('looks soon, then more and more rarely, what became of its last results', () => {
    const subject = working();
    subject.answer(granted([task(0)]));
    finish(subject, 0);
    subject.after(IDLE_SHOWN_MS).tell({ kind: 'woken' });
    const standing = { ...STANDING, pending: 1 };
    const leases = [leaseId(0)];
    subject.answer({
      kind: 'report-answered',
      leases,
      statuses: ['received'],
      standing,
      next: null,
    });
    const waits: number[] = [];
    for (let count = 0; count < 8; count++) {
      const beforeMs = subject.atMs;
      subject.atMs = wakeAtMs(subject.state) ?? 0;
      const effects = subject.tell({ kind: 'woken' });
      expect(kinds(effects)).toContain('heartbeat');
      waits.push(subject.atMs - beforeMs);
      subject.answer({ kind: 'heartbeat-answered', withdrawn: [], dropped: [], standing });
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
  });

  it('goes on computing while the orchestrator is away', () => {
    const subject = working();
    subject.answer(granted(tasks(3)));
    for (const index of [0, 1, 2]) subject.answer(fetched(index));
    subject.answer(callFailed('lease', 'unavailable'));
    expect(subject.phase).toBe('working');
    expect(kinds(subject.answer(computed(0)))).toEqual(['compute']);
  });

  it('is trouble no more once any call is answered', () => {
    const subject = working();
    subject.answer(callFailed('lease', 'unavailable'));
    expect(subject.state.idle?.why).toBe('reconnecting');
    subject.answer({ kind: 'heartbeat-answered', withdrawn: [], dropped: [], standing: STANDING });
    expect(subject.state.idle?.why).toBe('asking');
  });

  const shuttingDown = { kind: 'refused', reason: 'shutting_down', askAgainMs: 1_000 } as const;

  it('forgets that the orchestrator was shutting down once it is back', () => {
    const subject = working();
    const answer = { ...shuttingDown, standing: STANDING };
    subject.answer({ kind: 'leases-answered', answer });
    expect(subject.state.idle?.why).toBe('shutting_down');
    subject.after(1_000).tell({ kind: 'woken' });
    subject.answer(callFailed('lease', 'unavailable'));
    subject.atMs = wakeAtMs(subject.state) ?? 0;
    expect(kinds(subject.tell({ kind: 'woken' }))).toContain('lease');
    subject.answer({ kind: 'heartbeat-answered', withdrawn: [], dropped: [], standing: STANDING });
    expect(subject.state.idle?.why).toBe('asking');
  });

  it('takes a held request for work as a sign that the orchestrator goes on', () => {
    const subject = working();
    const answer = { ...shuttingDown, standing: STANDING };
    subject.answer({ kind: 'leases-answered', answer });
    subject.answer({ kind: 'heartbeat-answered', withdrawn: [], dropped: [], standing: STANDING });
    expect(subject.state.idle?.why).toBe('shutting_down');
    expect(kinds(subject.after(1_000).tell({ kind: 'woken' }))).toContain('lease');
    subject.answer({ kind: 'heartbeat-answered', withdrawn: [], dropped: [], standing: STANDING });
    expect(subject.state.idle?.why).toBe('asking');
  });

  it('never wants to be woken in the past while it waits for answers', () => {
    const subject = working();
    subject.answer(callFailed('lease', 'unavailable'));
    subject.atMs = wakeAtMs(subject.state) ?? 0;
    expect(kinds(subject.tell({ kind: 'woken' }))).toEqual(['lease']);
    expect(wakeAtMs(subject.state)).toBeGreaterThan(subject.atMs);
  });

  it.each(['lease', 'report', 'heartbeat'] as const)(
    'that is unknown to a %s is joined anew, and its tasks abandoned',
    (call) => {
      const subject = working();
      subject.answer(granted(tasks(2)));
      const { epoch } = subject.state;
      const effects = subject.after(60_000).answer(callFailed(call, 'session_unknown'));
      expect(kinds(effects)).toEqual(['abandon', 'join']);
      expect(subject.tell({ ...fetched(0), epoch })).toEqual([]);
      expect(subject.state.counters.tasksDropped).toBe(2);
    },
  );

  it('that ends soon after joining is joined with back-off: the key may be in use elsewhere', () => {
    const subject = working();
    const effects = subject.after(1_000).answer(callFailed('heartbeat', 'session_unknown'));
    expect(kinds(effects)).toEqual(['abandon']);
    expect(subject.phase).toBe('backing-off');
  });
});
