import { describe, expect, it } from 'vitest';
import type { AgentSnapshot, IdleWhy } from '../agent/browser/index.ts';
import { failure, type Failure } from '../domain/failure.ts';
import { IDLE_REASONS } from '../domain/idle.ts';
import { assert } from '../domain/assert.ts';
import { situationOf, unsupportedSituation, type SituationFacts } from './situation.ts';
import { AGENT_STORIES } from './stories/agent-stories.ts';
import { IDLE_WORDS } from './text.ts';

const COMPUTING = AGENT_STORIES['computing']?.snapshot ?? null;
assert(COMPUTING !== null, 'the story of computing has a snapshot');
const BASE: AgentSnapshot = COMPUTING;

function facts(change: Partial<AgentSnapshot>, rest: Partial<SituationFacts> = {}): SituationFacts {
  return {
    place: 'here',
    snapshot: { ...BASE, ...change },
    isStarting: false,
    commandFailure: null,
    ...rest,
  };
}

function failedWith(cause: Failure): Partial<AgentSnapshot> {
  return { tasks: [], lastFailure: { failure: cause, atMs: 0 } };
}

describe('the words for idling', () => {
  it('cover every reason of the protocol', () => {
    for (const reason of IDLE_REASONS) {
      expect(IDLE_WORDS[reason].headline).not.toBe('');
      expect(IDLE_WORDS[reason].detail).toMatch(/\.$/);
    }
  });

  // A record by reason: a reason of the agent that has no words fails to compile.
  it.each(Object.keys(IDLE_WORDS) as IdleWhy[])('say what %s means while working', (why) => {
    const words = situationOf(facts({ idle: { why, sinceMs: 0 }, tasks: [] }));
    expect(words.headline).toBe(IDLE_WORDS[why].headline);
    expect(words.detail).toContain(IDLE_WORDS[why].detail);
    expect(words.controls).toContain('stop');
  });

  it('count down to the next asking', () => {
    const idle = { why: 'no_jobs', sinceMs: 0 } as const;
    const { countdown } = situationOf(facts({ idle, tasks: [], nextTryAtMs: 12 }));
    expect(countdown).toEqual({ words: 'Asks again in', untilMs: 12 });
  });
});

describe('situationOf', () => {
  it('invites to start before anything has run', () => {
    const { tone, controls } = situationOf({ ...facts({}), snapshot: null });
    expect({ tone, controls }).toEqual({ tone: 'off', controls: ['start'] });
  });

  it('says that it is joining as soon as start was pressed', () => {
    const words = situationOf({ ...facts({}, { isStarting: true }), snapshot: null });
    expect(words.headline).toBe('Joining');
  });

  it('names each job once while computing', () => {
    const { detail } = situationOf(facts({}));
    expect(detail).toBe(
      'Tasks of Handwritten digits, evaluation set and Welcome: a layer of 1024 neurons',
    );
  });

  it('says the same between two tasks as while it computes them', () => {
    const tasks = BASE.tasks.slice(0, 1);
    const recent = { jobName: tasks[0]?.jobName ?? '', meanTaskMs: 3 };
    const between = situationOf(facts({ recent, tasks: [] }));
    expect(between).toEqual(situationOf(facts({ recent, tasks })));
    expect(between.detail).toBe('Tasks of Handwritten digits, evaluation set');
  });

  it('says who computes when another tab does', () => {
    const words = situationOf({ ...facts({}), place: 'elsewhere' });
    expect(words.headline).toBe('Running in another tab');
    expect(words.controls).toEqual(['takeOver']);
  });

  it('says why a command failed, and what to do', () => {
    const cause = failure('key_unusable', 'the key cannot be stored.');
    const words = situationOf({ ...facts({}, { commandFailure: cause }), snapshot: null });
    expect(words).toMatchObject({ tone: 'bad', detail: cause.message, failure: cause });
    expect(words.remedy).toMatch(/^Allow this site to store data/);
  });

  it('tells until when and why in quarantine', () => {
    const quarantine = { untilMs: 3_600_000, reason: 'row 17 differs.' };
    const words = situationOf(
      facts({
        tasks: [],
        idle: { why: 'quarantined', sinceMs: 0 },
        standing: { accepted: 1, rejected: 1, pending: 0, quarantine },
      }),
    );
    expect(words.remedy).toBe('The reason: row 17 differs.');
    expect(words.countdown?.untilMs).toBe(3_600_000);
  });

  it('gives the words of an orchestrator that answered with a refusal', () => {
    const cause = failure('queue_full', 'this orchestrator has as many agents as it can.');
    const words = situationOf(
      facts({ ...failedWith(cause), phase: 'backing-off', nextTryAtMs: 5 }),
    );
    expect(words.detail).toBe(cause.message);
    expect(words.countdown?.untilMs).toBe(5);
  });

  it('offers to reload a page that is too old', () => {
    const cause = failure('version_unsupported', 'no version in common.');
    const words = situationOf(facts({ ...failedWith(cause), phase: 'refused' }));
    expect(words.controls[0]).toBe('reload');
  });

  it('names what an unsupported browser lacks, and offers nothing that cannot work', () => {
    const words = unsupportedSituation(['WebAssembly', 'Web Locks']);
    expect(words.detail).toContain('WebAssembly, Web Locks');
    expect(words.controls).toEqual([]);
  });
});

describe('the tones', () => {
  it.each([
    ['welcome', 'off'],
    ['computing', 'busy'],
    ['idle', 'wait'],
    ['joining', 'wait'],
    ['paused', 'off'],
    ['reconnecting', 'trouble'],
    ['quarantined', 'bad'],
    ['refused', 'bad'],
    ['waiting', 'wait'],
  ])('show %s as %s', (story, tone) => {
    const recorded = AGENT_STORIES[story];
    assert(recorded !== undefined, `there is a story of ${story}`);
    const words = situationOf({ ...recorded, isStarting: false, commandFailure: null });
    expect(words.tone).toBe(tone);
  });
});
