import type { FaultKind } from '../simulation/faults/fault-kind.ts';
import type { Lane, Moment, SpanKind } from '../simulation/timeline.ts';
import { countOf } from './amounts.ts';

/** Virtual time since the beginning: "3:05". */
export function virtualClock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

// Every word of the Simulate page; apart from text.ts, so that the first page does not carry it.

export const SIMULATE = {
  title: 'A network in this tab',
  lead: 'The real scheduler, store and agents in virtual time, with everything going wrong. The same seed gives the same history here, in your terminal and in anyone else’s browser.',
  setup: 'What to simulate',
  seed: 'Seed',
  seedHint: 'Any whole number. All chance comes from it.',
  agents: 'Agents',
  agentsWords: (count: number): string => countOf(count, { one: 'device', many: 'devices' }),
  agentsHint: 'Phones, laptops and workstations.',
  minutes: 'Virtual minutes',
  minutesWords: (count: number): string => countOf(count, { one: 'minute', many: 'minutes' }),
  minutesHint: 'How long things go wrong. Behind them every job must end.',
  faults: 'What goes wrong',
  run: 'Run',
  cancel: 'Cancel',
  running: 'Simulating',
  runningWords: (share: number): string => `${Math.floor(share * 100)} %`,
  endingWords: 'Faults are over, jobs come to their end',
  broken:
    'The simulation stopped by an error. Load the page again, and report it if it comes back.',
  result: 'What came of it',
  kept: 'Every promise kept',
  failed: 'A promise was broken',
  hash: 'Hash of the history: the same one means the same history',
  events: 'Events',
  time: 'Virtual time',
  jobs: 'Jobs',
  command: 'The same history in a terminal',
  checkers: 'Checked by onlookers who see the history alone',
  checker: 'Promise',
  verdict: 'Verdict',
  verdictKept: 'kept',
  timeline: 'Timeline',
  timelineHint: 'Move along it to read what happened, or use the slider below.',
  timelineLabel: (lanes: number, moments: number): string =>
    `Timeline of ${countOf(lanes, { one: 'lane', many: 'lanes' })} and ${countOf(moments, { one: 'moment', many: 'moments' })}. The tables below say the same in words.`,
  moment: 'Moment',
  momentWords: (index: number, count: number): string => `${index + 1} of ${count}`,
  momentHint: 'Arrow keys go from one to the next.',
  lanes: 'Lanes in numbers',
  lane: 'Lane',
  lanesNone: '–',
  moments: 'All moments',
  when: 'When',
  what: 'What happened',
  leftOut: (count: number): string =>
    `${countOf(count, { one: 'later moment is', many: 'later moments are' })} left out.`,
  faultsOver: 'Faults are over',
} as const;

export const SPAN_WORDS: Readonly<Record<SpanKind, string>> = {
  up: 'present',
  accepted: 'accepted',
  refused: 'refused',
  lost: 'lost or dropped',
  fault: 'fault',
};

export const PROMISES: Readonly<Record<string, string>> = {
  'nothing-lost': 'What was acknowledged is never lost',
  'outputs-true': 'Outputs hold every row once, checked as was asked for',
  'credit-exact': 'Each accepted result is credited once',
  'jobs-end': 'Every job ends, and as it must',
  'within-limits': 'Queues stay within their limits',
  'fair-shares': 'No job is passed over',
  'honest-trusted': 'Honest agents are never put into quarantine',
  'no-bugs': 'Nothing fails that nobody expected',
};

export const FAULT_NAMES: Readonly<Record<FaultKind, string>> = {
  crash: 'Orchestrator crashes',
  vanish: 'Tabs vanish',
  leave: 'Agents leave',
  'clock-jump': 'Clocks jump',
  straggler: 'Slow devices',
  liar: 'Liars',
  flood: 'Floods of calls',
  'disk-full': 'Full disk',
  'disk-slow': 'Slow disk',
  partition: 'Cut lines',
  loss: 'Lost messages',
  duplicate: 'Doubled messages',
  reorder: 'Overtaking messages',
  poison: 'Poisoned tasks',
};

/** A lane by the name that people know. */
export function laneName({ kind, name }: Lane): string {
  // A fault's lane is named as the fault.
  if (kind === 'fault') return FAULT_NAMES[name as FaultKind];
  return kind === 'liar' ? `${name} (${kind})` : name;
}

/** A moment in a sentence. */
export function momentWords(moment: Moment): string {
  switch (moment.kind) {
    case 'orchestrator-began':
      return moment.life === 1
        ? 'The orchestrator starts'
        : `The orchestrator is back and read ${countOf(moment.eventCount, { one: 'event', many: 'events' })}`;
    case 'orchestrator-crashed':
      return CRASH_WORDS[moment.during];
    case 'bug':
      return `A bug: ${moment.message}`;
    case 'job-acknowledged':
      return `“${moment.key}” is acknowledged`;
    case 'job-ended':
      return `A job ends: ${moment.end}${moment.reason === '' ? '' : `, ${moment.reason}`}`;
    case 'quarantined':
      return `Quarantine: ${moment.reason}`;
    case 'agent-gone':
      return `The agent is gone: ${moment.how}`;
    case 'fault':
      return `${FAULT_NAMES[moment.fault]}${PHASE_WORDS[moment.phase]}: ${moment.target}`;
    case 'faults-over':
      return SIMULATE.faultsOver;
    case 'jobs-over':
      return 'Every job is over';
  }
}

const PHASE_WORDS = { moment: '', begin: ' begin', end: ' end' } as const;

const CRASH_WORDS = {
  wait: 'The orchestrator dies',
  'commit-lost': 'The orchestrator dies before a commit reached the disk',
  'commit-torn': 'The orchestrator dies in the middle of a commit, which is torn',
  'commit-durable': 'The orchestrator dies behind a commit, before anyone heard of it',
} as const;
