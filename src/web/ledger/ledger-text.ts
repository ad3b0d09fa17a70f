import { bytesWords, countOf, countWords, durationWords } from '../amounts.ts';

// Words of the page that shows the record. Sentence case, plain words.

const ENTRIES = { one: 'entry', many: 'entries' };
const TASKS = { one: 'task', many: 'tasks' };
const KEYS = { one: 'key', many: 'keys' };
const BYTES = { one: 'byte', many: 'bytes' };
const ACTIONS = { one: 'action', many: 'actions' };
const STATES = { one: 'state', many: 'states' };
const INSTANT = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });

/** A signer's instant, which may be none. */
export function instantWords(atMs: number): string {
  return Number.isNaN(new Date(atMs).getTime()) ? countWords(atMs) : INSTANT.format(atMs);
}

export const LEDGER = {
  title: 'Ledger',
  lead:
    'Who was credited what, every decision and every vote stands in one signed log that only ' +
    'grows. Nobody has to be believed: this tab checks it.',
  loading: 'Asking for the record',
  broken: 'This piece of work broke off in the browser. Try it again.',
  entriesOf: (count: number) => countOf(count, ENTRIES),

  forkTitle: 'This log showed two histories',
  forkDetail: (origin: string, older: number, newer: number) =>
    `The key of “${origin}” signed a log of ${countOf(older, ENTRIES)} and one of ${countOf(newer, ENTRIES)} that contradict each other. ` +
    'Whoever holds the key of this log wrote one history for some and another for others. ' +
    'Do not trust its numbers; the proof shows it to anybody.',
  forkDownload: 'Download the proof',
  otherTitle: 'This address shows another log than before',
  otherDetail: (before: string, now: string) =>
    `This browser followed “${before}” here, and is now shown “${now}”, under another key. ` +
    'Either the operator began a new log, or somebody else answers. Ask before you go on.',
  otherFollow: 'Follow this log from now on',
  untrusted: 'The newest checkpoint is not to be trusted',

  record: 'The record',
  figures: {
    entries: 'Entries',
    entriesNote: (waiting: number) =>
      waiting === 0 ? 'All in the signed tree' : `${countWords(waiting)} to be signed in a moment`,
    entriesUntrusted: 'As the orchestrator says',
    witnesses: 'Witnesses',
    witnessesNone: 'Only the log signs it',
    witnessesNote: (seen: number, all: number) => `${seen} of ${all} saw this checkpoint`,
    archived: 'Archived',
    archivedNone: 'Nothing is archived',
  },
  facts: {
    origin: 'Name of the log',
    key: 'Its key',
    checkpoint: 'Newest checkpoint',
    checkpointNone: 'None yet: the first entry brings one.',
    checkpointOf: (size: number) => `${countOf(size, ENTRIES)}, signed by the log`,
    root: 'Root',
    cosigned: 'Cosigned by',
    cosignedNone: 'Nobody. The policy of this orchestrator names no witness that saw it.',
    cosignedAt: (name: string, when: string) => `${name}, ${when}`,
    seen: 'Seen from this browser',
    seenUnknown: 'Comparing with what this browser saw before',
    seenFirst: 'For the first time. From now on this browser notices when it is changed.',
    seenFollowed: 'It grew out of the one that this browser saw before: nothing was changed.',
    seenFailed: (why: string) => `Not compared: ${why}`,
  },
  witnessBehind: (name: string, size: number) =>
    size === 0 ? `${name} has cosigned nothing yet` : `${name} is at ${countOf(size, ENTRIES)}`,

  archive: 'Archive',
  archiveNone:
    'This orchestrator archives nothing. Should it be lost, so is its log, but for what others copied.',
  archiveAt: 'Where',
  archiveConfirmed: 'Confirmed there',
  archiveConfirmedWords: (size: number, all: number) =>
    `${countWords(size)} of ${countOf(all, ENTRIES)}`,
  archiveDue: 'Wait to be archived',
  archiveDueWords: (count: number, atMs: number) =>
    `${countOf(count, ENTRIES)} ${count === 1 ? 'waits' : 'wait'} for more of their tile, or until ${instantWords(atMs)}`,
  archiveRefused: 'Refused there',
  archiveRefusedWords: (first: number, end: number) =>
    `Entries ${countWords(first)} to ${countWords(end - 1)}`,
  archivePosted: 'Sent, not confirmed yet',
  archiveWhen: 'Last confirmed',
  archiveNever: 'Never',
  archiveFailure: 'The last try failed',
  archiveRetry: 'Tried again',

  entries: 'Entries',
  untrustedYet: 'Nothing is shown that no trusted checkpoint has. The page goes on asking for one.',
  entriesEmpty: 'The log is new: it has no entry yet. The first accepted task brings one.',
  entriesLoading: 'Reading and verifying entries',
  entriesPage: (first: number, last: number, of: number) =>
    `${countWords(first)} to ${countWords(last)} of ${countWords(of)}`,
  newer: 'Newer',
  older: 'Older',
  newest: 'Newest',
  goTo: 'Entry number',
  go: 'Show',
  pages: 'Pages of entries',
  entriesTrouble: 'These entries cannot be shown',
  entriesVerified:
    'Each is signed by its owner and stands at its place below the signed root: verified in this tab.',
  columns: { index: 'Entry', about: 'What it says', owner: 'Signed by', more: 'More' },
  ownerLog: 'the log itself',
  raw: 'All of it',
  rawId: 'Id',
  rawOwner: 'Owner',
  rawBytes: 'Size',
  bytes: (count: number) => countOf(count, BYTES),
  rawTags: 'Tags',
  rawNone: 'None that can be read',
  receipt: 'Receipt',
  receiptLabel: (index: number) => `Download the receipt of entry ${index}`,
  receiptFailed: (why: string) => `No receipt: ${why}`,
  about: {
    time: (when: string) => `It is ${when}`,
    root: (index: number) => `Claims what all functions held after entry ${countWords(index)}`,
    credits: (tasks: number, keys: number) =>
      `Credits ${countOf(tasks, TASKS)} to ${countOf(keys, KEYS)}`,
    debits: (tasks: number, keys: number) =>
      `Takes back the credits of ${countOf(tasks, TASKS)} from ${countOf(keys, KEYS)}`,
    deploy: (name: string) => `Deploys the function ${name}`,
    upgrade: (name: string) => `Changes the function ${name}`,
    action: (name: string, action: string | null) =>
      action === null ? `An action of ${name}` : `${name}: ${action}`,
    other: 'Nothing that the network acts upon',
    unknown: 'that cannot be read',
  },

  verify: 'Verify in this tab',
  verifyLevel: 'How thoroughly',
  verifyHint: {
    consistency:
      'The newest checkpoint is signed, and grew out of the one that this browser saw before. A moment.',
    balance: 'Also that the credits of this browser’s key are in a state that the log claims.',
    tile: 'Also 256 entries: that each stands at its place and was signed by its owner.',
    full: 'Also every entry of the log, and every function evaluated again, against every state that was claimed.',
  },
  verifyNoCredits:
    'This orchestrator names no function that counts credits. Verify something else.',
  verifyTile: 'Which 256 entries',
  verifyTileWords: (first: number, last: number) => `${countWords(first)} to ${countWords(last)}`,
  verifyStart: 'Verify',
  verifyStop: 'Stop',
  verifyRunning: 'Verifying',
  verifyBegun: 'Fetching what it takes',
  verifyProgress: (done: number, all: number, bytes: number) =>
    `${countWords(done)} of ${countOf(all, ENTRIES)}, ${bytesWords(bytes)} read`,
  verifyLeft: (leftMs: number) => `, about ${durationWords(leftMs)} left`,
  verifyNothing: 'There is nothing to verify yet: the log has no checkpoint.',
  verifyGood: 'It holds',
  verifyBad: 'It does not hold',
  verifyHindered: 'It could not be verified',
  verified: {
    checkpoint: (size: number) =>
      `The checkpoint of ${countOf(size, ENTRIES)} is signed by the log, and by the witnesses that its policy asks for.`,
    views: {
      first: 'This browser saw no checkpoint before, so there was none to compare with.',
      same: 'It is the one that this browser saw before.',
      grown: 'It grew out of the one that this browser saw before.',
      behind:
        'It is smaller than one that this browser saw before: a copy that lags, or a log that hides what it showed.',
    },
    entries: (count: number, bytes: number) =>
      `${countOf(count, ENTRIES)} (${bytesWords(bytes)}) stand at their places, each signed by its owner.`,
    folded: (actions: number, agreed: number) =>
      `${countOf(actions, ACTIONS)} evaluated again came to ${countOf(agreed, STATES)} that the log had claimed, every one of them.`,
    claimed: (at: number) => `The row is in the state that entry ${countWords(at)} claims.`,
    took: (durationMs: number) => `Verified in this tab in ${durationWords(durationMs)}.`,
    root: 'State at the end',
  },
  differs: {
    forked: 'The log signed two histories. The proof shows it to anybody.',
    entry: (index: number, why: string) =>
      `The first entry that differs is number ${countWords(index)}: ${why}`,
    root: (after: number, index: number) =>
      after < 0
        ? `The state that was claimed after entry ${countWords(index)} is not what its entries come to. What differs first is not after it.`
        : `The state that was claimed after entry ${countWords(index)} is not what its entries come to. Up to entry ${countWords(after)} all was right; what differs first lies between.`,
    row: (why: string) => `The row is not in the state that the log claims: ${why}`,
    claimed: 'Claimed',
    found: 'Found here',
  },
} as const;
