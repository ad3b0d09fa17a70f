import { countOf, countWords, wholeDurationWords } from '../amounts.ts';

// Words of the page where the network is governed. Sentence case, plain words.

const UNITS = { one: 'credit', many: 'credits' };
const KEYS = { one: 'key', many: 'keys' };
const ENTRIES = { one: 'entry', many: 'entries' };

export const GOVERNANCE = {
  title: 'Governance',
  lead:
    'The rules of this network are functions that anybody can read. Whoever has earned credits may ' +
    'propose to change one, and vote. Before you vote, see here who would gain and who would lose.',
  loading: 'Asking for the functions',
  none: 'This orchestrator names no functions that the network runs on.',
  trouble: 'The functions do not answer',

  functions: 'What the network runs on',
  about: {
    credits: 'How much verified work each key did, and what work is worth.',
    standing: 'Who is in quarantine and why, appeals, amnesties.',
    registry: 'Which models and kernels are admitted.',
    governance: 'Proposals and votes, and when they take effect.',
  } as Readonly<Record<string, string>>,
  governed: 'It changes by a decision of governance.',
  fixed: 'Nobody can ever change it.',
  id: 'Id',
  code: 'Id of the source',
  prices: 'Price list',
  priceColumns: { work: 'Work', units: 'Credits a unit' },
  source: 'Source',

  proposals: 'Proposals',
  proposalsEmpty: 'None yet. What would you change?',
  rules: (quorum: number, votingMs: number, delayMs: number) =>
    `Voting lasts ${wholeDurationWords(votingMs)}. A proposal passes where ${countOf(quorum, UNITS)} or more voted, and more for than against; no key weighs more than a tenth of that. It takes effect ${wholeDurationWords(delayMs)} later at the earliest.`,
  proposal: (number: number) => `Proposal ${countWords(number)}`,
  states: {
    open: 'Open',
    rejected: 'Rejected',
    accepted: 'Accepted',
    enacted: 'Enacted',
  },
  changes: (name: string) => `Changes ${name}`,
  by: (key: string) => `By ${key}`,
  discussion: 'Discussion',
  closes: (when: string) => `Voting ends ${when}.`,
  closed: (when: string) => `Voting ended ${when}.`,
  enacts: (when: string) => `It can take effect from ${when} on.`,
  tally: (yes: number, no: number) => `${countOf(yes, UNITS)} for, ${countWords(no)} against`,
  tallyLabel: (number: number) => `Votes for proposal ${number}, of all that were cast`,
  votes: 'Who voted',
  votesNone: 'Nobody yet.',
  vote: (key: string, yes: boolean, weight: number) =>
    `${key}: ${yes ? 'for' : 'against'}, ${countOf(weight, UNITS)}`,
  you: 'You',
  youVoted: (yes: boolean) => (yes ? 'You voted for it.' : 'You voted against it.'),
  voteYes: 'Vote for',
  voteNo: 'Vote against',
  close: 'Count the votes',
  enact: 'Enact',
  writing: 'Signing, and waiting for the ledger',
  written: (index: number) => `Done: entry ${countWords(index)} of the ledger.`,
  refused: (index: number, why: string) => `Entry ${countWords(index)} was not accepted: ${why}`,
  failed: (why: string) => `Not handed in: ${why}`,

  draft: 'Another rule',
  draftLead:
    'Change the source of a function here. “What if” runs the whole ledger under it, in this tab; nothing leaves the tab until you propose it.',
  draftFunction: 'Function',
  draftSource: 'Its source',
  draftSame: 'This is the source that runs now.',
  draftCode: (code: string) => `Id of this source: ${code}`,
  draftProposed: (number: number) => `It is the source of proposal ${countWords(number)}.`,
  draftReset: 'Back to the source that runs',
  upgrade: 'Put it into effect',
  upgradeHint: 'Its proposal was enacted. Whoever hands in the source puts it into effect.',

  whatIf: 'What if',
  whatIfStart: 'Who would change place?',
  whatIfStop: 'Stop',
  whatIfRunning: 'Running the ledger under both rules',
  whatIfProgress: (done: number, all: number) =>
    `${countWords(done)} of ${countOf(all, ENTRIES)} read`,
  whatIfNone: 'Nobody would change place.',
  whatIfMoves: (count: number) => `${countOf(count, KEYS)} would change place.`,
  whatIfShown: (shown: number) => `The ${countWords(shown)} largest moves:`,
  whatIfColumns: { key: 'Key', before: 'Now', after: 'Under this rule' },
  whatIfPlace: (place: number, units: number) =>
    `${countWords(place)}. with ${countOf(units, UNITS)}`,
  whatIfNowhere: 'Not there',
  whatIfFailed: 'It could not be run',
  whatIfOnly: 'Only credits give a place: choose the function credits.',

  propose: 'Propose it',
  proposeWords: 'Why?',
  proposeWordsHint: 'What changes, and why that is better. At most 2,000 characters.',
  proposeLink: 'Where it is discussed',
  proposeLinkHint: 'An https address where others find the source and talk about it, or nothing.',
  proposeSend: 'Sign and propose',
} as const;
