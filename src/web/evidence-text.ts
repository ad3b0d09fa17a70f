import type { RowRange } from '../domain/tensor.ts';
import { bytesWords, countOf, countWords } from './amounts.ts';

// Words of the page that replays evidence. Sentence case, plain words, and what is meant by them
// stays true.

const INSTANT = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });

export const EVIDENCE = {
  title: 'Evidence',
  lead:
    'Every result is checked before it is used. When one is rejected, the orchestrator keeps all ' +
    'that it takes to check it again. Open it here: your own browser makes the very same check, ' +
    'and nobody has to be believed.',
  list: 'Rejected results',
  listShown: (count: number) => countOf(count, { one: 'result', many: 'results' }),
  listLoading: 'Asking the orchestrator',
  listEmpty:
    'None yet. No result was rejected, as far as this orchestrator keeps the evidence of it.',
  listTrouble: 'The orchestrator does not answer, so its list is not here. A file can be checked.',
  columns: { evidence: 'Evidence', agent: 'Agent', rows: 'Rows', reason: 'Reason' },
  file: 'Check a file',
  fileHint: 'A bundle that somebody sent you. It stays in this browser.',
  fileChoose: 'Open a bundle',
  fileDrop: 'or drop it here',
  fileLarge: (most: number) => `This file is larger than evidence can be (${bytesWords(most)}).`,
  back: 'All evidence',
  fileTitle: (name: string) => `The file ${name}`,
  bundleTitle: 'A rejected result',
  running: 'Checking again',
  steps: {
    fetching: 'Fetching the bundle',
    verifying: 'Verifying that every block is the one it says',
    checking: 'Making the check again, in this tab',
  },
  broken: 'The check broke off in this browser. The command below makes it outside.',
  refused: 'This bundle is no evidence',
  unknown: 'This evidence is not here',
  hindered: 'The check could not be made',
  refusedDetail: (message: string) => `What is wrong: ${message}`,
  again: 'Check again',
  same: 'Same verdict',
  sameDetail: 'The check made in this tab comes to the verdict of the orchestrator.',
  differs: 'Differs',
  differsDetail:
    'The check made in this tab comes to another verdict than the evidence says. It proves nothing against this agent.',
  forged: 'Not signed by this agent',
  forgedDetail:
    'The verdict is right for the output in the bundle, but its agent did not sign that output.',
  verdict: 'Verdict',
  foundThen: 'The orchestrator found',
  foundNow: 'This tab found',
  accepted: 'Accepted',
  rejected: (reason: string) => `Rejected: ${reason}`,
  numbers: 'The wrong element',
  claimed: 'Claimed',
  right: 'Recomputed',
  tolerance: 'How far an honest result may lie from what is recomputed',
  signature: 'Signature',
  signed: 'Of this agent’s key: it reported this very output.',
  absent: 'None. The orchestrator no longer had the signed report, so nothing shows who said this.',
  falsely: (message: string) => `False: ${message}`,
  facts: 'The result',
  agent: 'Agent',
  task: 'Task',
  rows: 'Rows',
  check: 'Check',
  checks: {
    recompute: 'Rows drawn at random, recomputed',
    structure: 'What was reported, held against the task',
    compare: 'Compared with another agent’s result, then recomputed',
  },
  when: 'Judged',
  size: 'Size',
  beside: 'The result it was compared with',
  download: 'Download the bundle',
  command: 'The same check outside the browser:',
  commandLine: (what: string) => `npx manyhands evidence replay ${what}`,
  fetched: (count: number) =>
    `${countWords(count)} blocks were fetched from this orchestrator, because the bundle leaves them out.`,
} as const;

/** "Rows 0 to 15" as figures. */
export function rowsWords({ start, end }: RowRange): string {
  return end - start === 1 ? countWords(start) : `${countWords(start)} to ${countWords(end - 1)}`;
}

/** An instant of a stranger's, which may be none. */
export function instantWords(atMs: number): string {
  return Number.isNaN(new Date(atMs).getTime()) ? countWords(atMs) : INSTANT.format(atMs);
}
