import type { CheckName } from '../../domain/checking.ts';
import { bytesWords, countOf, countWords } from '../amounts.ts';

// Words of the page that shows a volunteer's own work. Sentence case, plain words.

const TASKS = { one: 'task', many: 'tasks' };
const ROWS = { one: 'row', many: 'rows' };
const UNITS = { one: 'unit', many: 'units' };
const ENTRIES = { one: 'entry', many: 'entries' };
const RECEIPTS = { one: 'receipt', many: 'receipts' };

export const WORK = {
  title: 'My work',
  lead:
    'Every task of yours that was accepted is credited in the ledger. The receipts are yours: they ' +
    'prove it to anybody, also without this network.',
  loading: 'Looking up this browser’s key',
  keyTrouble: 'This browser has no key',

  credited: 'Credited to this browser',
  figures: {
    total: 'Credits',
    totalNote: 'As the function “credits” has them',
    totalNone: 'None yet',
    tasks: 'Tasks in the ledger',
    tasksNote: (entries: number, isAll: boolean) =>
      isAll ? `In ${countOf(entries, ENTRIES)}` : `In the newest ${countOf(entries, ENTRIES)}`,
    waiting: 'On their way',
    waitingNote: 'Accepted, not written yet',
    receipts: 'Receipts here',
    receiptsNote: 'Kept in this browser',
  },
  key: 'Your key',
  empty:
    'Nothing yet. Once the first task of this browser is accepted, it is credited here within seconds.',
  emptyLink: 'Start contributing',

  total: 'Verify my credits',
  totalRunning: 'Looking for the claim that holds your credits',
  totalGood: (units: number, at: number) =>
    `${countOf(units, UNITS)}: proven against the state that entry ${countWords(at)} of the log claims.`,
  totalEarlier: (units: number, at: number) =>
    `${countOf(units, UNITS)} before this entry, as entry ${countWords(at)} of the log claims; what was credited since is not claimed yet.`,
  totalNone: 'Proven: the state that the log claims has no credits of this key.',
  totalBad: (why: string) => `Not proven: ${why}`,
  totalUnknown: 'This orchestrator names no function that counts credits.',

  quarantine: 'In quarantine',
  quarantineWords: (until: string) => `This browser’s key gets no tasks until ${until}.`,
  quarantineWhy: 'Why',
  appealWords: 'Was it not your doing? Say so',
  appealHint:
    'Once a quarantine, at most 500 characters. It is signed with your key, and everybody can read it; another judge than the one who wrote the quarantine decides.',
  appeal: 'Sign and appeal',
  appealed: (at: string) => `You appealed on ${at}`,
  decision: 'Decision',
  decisionWaits: 'A judge has yet to decide.',
  decided: (judge: string, words: string) => `It stays, says ${judge}: ${words}`,

  receipts: 'Receipts',
  receiptsLoading: 'Asking for what is credited to you',
  columns: {
    entry: 'Entry',
    tasks: 'Tasks',
    work: 'Work counted',
    receipt: 'Receipt',
  },
  units: (units: number) =>
    units < 0 ? `${countOf(-units, UNITS)} taken back` : countOf(units, UNITS),
  kept: 'Kept here',
  coming: 'Comes with the next checkpoint',
  walk: 'Walk through it',
  walkLabel: (index: number) => `Walk through the receipt of entry ${index}`,
  download: 'Download',
  downloadLabel: (index: number) => `Download the receipt of entry ${index}`,
  downloadAll: (count: number) => `Download ${countOf(count, RECEIPTS)}`,
  older: 'Show older ones',
  trouble: 'Some receipts could not be fetched; the page tries again by itself.',

  walkTitle: (index: number) => `The receipt of entry ${countWords(index)}`,
  walkRunning: 'Verifying each step in this tab',
  walkClose: 'Close',
  walkTask: 'Which task',
  walkTaskName: (position: number, index: number) =>
    `${countWords(position)}: task ${countWords(index)}`,
  good: 'Verified',
  bad: 'Does not hold',
  open: 'Not known',
  /** What the entry says; nobody ran the check again. */
  stated: 'As the ledger signed it',
  steps: {
    task: {
      title: 'The task',
      takenBack: 'The task whose credits are taken back',
      words: (index: number, rows: number, work: string, units: number) =>
        `Task ${countWords(index)} with ${countOf(rows, ROWS)} of ${work}: ${countOf(units, UNITS)} of work.`,
      job: 'Job',
    },
    checks: {
      title: 'The checks that it passed',
      none: 'The entry names none of its own: the task was accepted on other grounds, such as a second result that agreed.',
    },
    recorded: {
      title: 'Credited by the ledger’s own key',
      good: 'Only the key of this log credits tasks, and it did.',
      takenBack: 'The key of this log took its credits back: a check of this key’s work failed.',
      open: 'The key of this log wrote it. Which function counts it is not known here.',
    },
    signed: {
      title: 'The entry is signed',
      good: 'Not a bit of it was changed since it was signed.',
      open: '',
    },
    included: {
      title: 'It stands in the ledger',
      good: (index: number, size: number) =>
        `It is entry ${countWords(index)} of ${countWords(size)}: its hash leads to the root.`,
    },
    checkpoint: {
      title: 'The ledger signed that root',
      good: (origin: string) => `The key of “${origin}” signed the checkpoint.`,
    },
    cosigned: {
      title: 'Others saw the same ledger',
      good: (names: string) => `Cosigned by ${names}.`,
      open: 'No witness cosigned this checkpoint, so it is the log’s word alone, which your browser holds it to.',
    },
    total: {
      title: 'It counts in your total',
      other: 'This receipt is of another key than this browser’s: its total is not looked up.',
      offline: 'The orchestrator does not answer: a total needs to be asked for.',
    },
  },
  checkNames: {
    structure: 'shape, type and size are right',
    signature: 'signed by the agent that did it',
    digest: 'its bytes are the ones that were reported',
    'finite-and-range': 'all numbers are finite and in range',
    'freivalds-exact': 'products proven exactly (Freivalds)',
    'freivalds-float': 'products proven within rounding (Freivalds)',
    witness: 'scored again by a cheaper way',
    'recompute-rows': 'rows drawn at random, recomputed',
    redundancy: 'another device came to the same',
  } satisfies Record<CheckName, string>,

  file: 'Check a receipt',
  fileHint: 'A receipt, or a file of many. It is verified in this browser, also offline.',
  fileChoose: 'Open receipts',
  fileDrop: 'or drop the file here',
  fileLarge: (most: number) => `This file is larger than receipts can be (${bytesWords(most)}).`,
  fileTrust:
    'The ledger is not known here yet: open this page once while its orchestrator answers.',
  fileRefused: 'This file is no receipt',
  fileHolds: (count: number) => `${countOf(count, RECEIPTS)} verified: every step holds.`,
  fileFails: (bad: number, count: number) =>
    `Of ${countOf(count, RECEIPTS)}, ${countWords(bad)} cannot be proven: a step does not hold.`,
  fileTasks: (index: number, tasks: number) =>
    `Entry ${countWords(index)} credits ${countOf(tasks, TASKS)}`,
} as const;
