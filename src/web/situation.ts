import type { AgentSnapshot, BrowserAgentSnapshot } from '../agent/browser/index.ts';
import { assertNever } from '../domain/assert.ts';
import type { Failure } from '../domain/failure.ts';
import { CONTRIBUTE, IDLE_WORDS, REMEDIES } from './text.ts';

/** What a person may do now. */
export type Control = 'start' | 'takeOver' | 'pause' | 'resume' | 'stop' | 'reload';

/**
 * Off: nothing runs by choice. Busy: computing. Wait: idle or on the way. Trouble: heals by itself.
 * Bad: needs a person.
 */
export type SituationTone = 'off' | 'busy' | 'wait' | 'trouble' | 'bad';

/** The agent's state in words: what is so, why, until when, and what can be done. */
export type Situation = {
  readonly tone: SituationTone;
  readonly headline: string;
  readonly detail: string;
  /** What the person can do about it, where it does not heal by itself. */
  readonly remedy: string | null;
  /** The failure in its own words, for whoever wants to know exactly. */
  readonly failure: Failure | null;
  readonly countdown: { readonly words: string; readonly untilMs: number } | null;
  /** The most likely first. */
  readonly controls: readonly Control[];
};

/** What the words are made from. */
export type SituationFacts = BrowserAgentSnapshot & {
  /** Start was pressed, and the worker has not answered yet. */
  readonly isStarting: boolean;
  /** Why the last command failed; null after one that did not. */
  readonly commandFailure: Failure | null;
};

/** The words for an agent's state. Every state has some: none is left unexplained. */
export function situationOf(facts: SituationFacts): Situation {
  const { place, snapshot } = facts;
  if (place === 'elsewhere') return ELSEWHERE;
  if (place === 'waiting') return WAITING;
  if (facts.commandFailure !== null) return startFailed(facts.commandFailure);
  if (snapshot === null) return facts.isStarting ? JOINING : WELCOME;
  switch (snapshot.phase) {
    case 'stopped':
      if (facts.isStarting) return JOINING;
      return snapshot.standing === null ? WELCOME : STOPPED;
    case 'paused':
      return PAUSED;
    case 'joining':
      return JOINING;
    case 'backing-off':
      return backingOff(snapshot);
    case 'refused':
      return refused(snapshot);
    case 'working':
      return working(snapshot);
    default:
      return assertNever(snapshot.phase);
  }
}

/** For a browser that lacks what the agent is made of. */
export function unsupportedSituation(missing: readonly string[]): Situation {
  return plain({
    tone: 'bad',
    headline: CONTRIBUTE.unsupported,
    detail: CONTRIBUTE.unsupportedDetail(missing),
  });
}

const RUNNING_CONTROLS: readonly Control[] = ['pause', 'stop'];

const WELCOME = plain({
  tone: 'off',
  headline: CONTRIBUTE.welcome,
  detail: CONTRIBUTE.welcomeDetail,
  controls: ['start'],
});
const STOPPED = plain({ tone: 'off', ...IDLE_WORDS.stopped, controls: ['start'] });
const PAUSED = plain({ tone: 'off', ...IDLE_WORDS.paused, controls: ['resume', 'stop'] });
const JOINING = plain({ tone: 'wait', ...IDLE_WORDS.joining, controls: RUNNING_CONTROLS });
const ELSEWHERE = plain({
  tone: 'off',
  headline: CONTRIBUTE.elsewhere,
  detail: CONTRIBUTE.elsewhereDetail,
  controls: ['takeOver'],
});
const WAITING = plain({
  tone: 'wait',
  headline: CONTRIBUTE.waiting,
  detail: CONTRIBUTE.waitingDetail,
  controls: ['stop'],
});

function plain(words: Pick<Situation, 'tone' | 'headline' | 'detail'> & Partial<Situation>) {
  const rest: Situation = {
    remedy: null,
    failure: null,
    countdown: null,
    controls: [],
    ...words,
  };
  return rest;
}

function startFailed(failure: Failure): Situation {
  return plain({
    tone: 'bad',
    headline: CONTRIBUTE.startFailed,
    detail: failure.message,
    remedy: REMEDIES[failure.code] ?? null,
    failure,
    controls: ['start', 'reload'],
  });
}

function refused(snapshot: AgentSnapshot): Situation {
  const failure = snapshot.lastFailure?.failure ?? null;
  const needsReload = failure?.code === 'version_unsupported';
  return plain({
    tone: 'bad',
    headline: IDLE_WORDS.refused.headline,
    detail: failure?.message ?? IDLE_WORDS.refused.detail,
    remedy: failure === null ? null : (REMEDIES[failure.code] ?? null),
    failure,
    controls: needsReload ? ['reload', 'stop'] : ['start', 'stop'],
  });
}

function backingOff(snapshot: AgentSnapshot): Situation {
  if (snapshot.idle?.why === 'quarantined') return quarantined(snapshot);
  const failure = snapshot.lastFailure?.failure ?? null;
  // Silence has words of its own; whoever answered with a refusal gave a reason.
  const isSilent = failure === null || failure.code === 'unavailable' || failure.code === 'timeout';
  return plain({
    tone: 'trouble',
    headline: IDLE_WORDS.reconnecting.headline,
    detail: isSilent ? IDLE_WORDS.reconnecting.detail : failure.message,
    remedy: failure === null ? null : (REMEDIES[failure.code] ?? null),
    failure,
    countdown: countdown(CONTRIBUTE.triesAgainIn, snapshot.nextTryAtMs),
    controls: RUNNING_CONTROLS,
  });
}

function quarantined(snapshot: AgentSnapshot): Situation {
  const { headline, detail } = IDLE_WORDS.quarantined;
  const quarantine = snapshot.standing?.quarantine ?? null;
  const end = quarantine === null ? '' : ` ${CONTRIBUTE.quarantineUntil(quarantine.untilMs)}`;
  return plain({
    tone: 'bad',
    headline,
    detail: `${detail}${end}`,
    remedy: quarantine === null ? null : CONTRIBUTE.quarantineReason(quarantine.reason),
    countdown: countdown(CONTRIBUTE.endsIn, quarantine?.untilMs ?? snapshot.nextTryAtMs),
    controls: RUNNING_CONTROLS,
  });
}

function working(snapshot: AgentSnapshot): Situation {
  const { idle, tasks, nextTryAtMs } = snapshot;
  if (idle === null) {
    const names = new Set(tasks.map((task) => task.jobName));
    // Between two tasks.
    if (names.size === 0 && snapshot.recent !== null) names.add(snapshot.recent.jobName);
    return plain({
      tone: 'busy',
      headline: CONTRIBUTE.computing,
      detail: CONTRIBUTE.computingDetail([...names]),
      controls: RUNNING_CONTROLS,
    });
  }
  if (idle.why === 'quarantined') return quarantined(snapshot);
  const isAway = idle.why === 'reconnecting';
  return plain({
    tone: isAway ? 'trouble' : 'wait',
    ...IDLE_WORDS[idle.why],
    failure: isAway ? (snapshot.lastFailure?.failure ?? null) : null,
    countdown: countdown(isAway ? CONTRIBUTE.triesAgainIn : CONTRIBUTE.asksAgainIn, nextTryAtMs),
    controls: RUNNING_CONTROLS,
  });
}

function countdown(words: string, untilMs: number | null): Situation['countdown'] {
  return untilMs === null ? null : { words, untilMs };
}
