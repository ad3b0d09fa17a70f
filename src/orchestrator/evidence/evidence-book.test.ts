import { describe, expect, it } from 'vitest';
import { memoryBlocks } from '../../data/index.ts';
import { failure } from '../../domain/failure.ts';
import type { AgentId, EvidenceId, JobId } from '../../domain/ids.ts';
import { EVIDENCE_WAITING_MAX, QUARANTINE_REASON_CHARS_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { CheckRequest, LeaseNumber, TaskNumber } from '../../scheduler/index.ts';
import type { CheckOrder } from '../checking/check-message.ts';
import { lineLogger } from '../logger.ts';
import { floats, freshFolder, valueOf } from '../volunteer.contract.ts';
import { evidenceBook, withEvidence, type Rejection } from './evidence-book.ts';
import { openEvidenceFiles } from './evidence-files.ts';
import type { EvidenceOrder, MadeEvidence } from './evidence-order.ts';
import { makeEvidence } from './make-evidence.ts';
import { signedReports } from './signed-reports.ts';

const lease = 7 as LeaseNumber;
const agent = 'A'.repeat(43) as AgentId;
const job = `job_${'0'.repeat(26)}` as JobId;
const rows = { start: 0, end: 2 };
const mode = { kind: 'recompute', share: 1 } as const;
const REASON = 'output "y": element 1 after row 0 is 3, recomputed 2';

const order: CheckOrder = {
  work: {
    program: { kind: 'graph', nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }] },
    inputs: [{ name: 'x', tensor: floats([2, 1], [-1, 2]), cut: 'rows' }],
    outputs: [{ name: 'y', dtype: 'float32', rowShape: [1] }],
  },
  rows,
  results: [{ lease, output: [floats([2, 1], [0, 3])] }],
  mode,
  seed: [1, 2, 3, 4],
};
const requested: CheckRequest = {
  ...{ task: 0 as TaskNumber, job, stage: 0, index: 4, rows, mode },
  results: [{ lease, agent }],
};

function rejection(reason: string): Rejection {
  const verdict = { kind: 'rejected', reason } as const;
  const judgement = { verdicts: [{ lease, verdict }], accepted: null, checks: [] };
  return { requested, order, judgement, reports: signedReports() };
}

type Changes = {
  readonly roomFor?: () => Promise<Outcome<void>>;
  readonly evidence?: (order: EvidenceOrder) => Promise<Outcome<MadeEvidence>>;
};

async function bookWith(changes: Changes = {}) {
  const files = valueOf(await openEvidenceFiles(freshFolder()));
  const lines: string[] = [];
  const source = memoryBlocks({ bytesMax: 1e6 });
  const book = evidenceBook({
    pool: { evidence: changes.evidence ?? ((asked) => makeEvidence(asked, { source })) },
    files,
    roomFor: changes.roomFor ?? (async () => succeed(undefined)),
    logger: lineLogger({ level: 'info', write: (line) => lines.push(line) }),
    now: () => 1_700_000_000_000.5,
  });
  return { book, files, lines };
}

async function reasonOf(
  { book }: Pick<Awaited<ReturnType<typeof bookWith>>, 'book'>,
  reason = REASON,
): Promise<string> {
  const verdict = (await book.record(rejection(reason)))?.verdicts[0]?.verdict;
  return verdict?.kind === 'rejected' ? verdict.reason : '';
}

describe('the evidence of a rejected result', () => {
  it('is kept, and the reason ends with the way to it', async () => {
    const made = await bookWith();
    const reason = await reasonOf(made);
    const [kept] = made.files.list();
    expect(kept).toMatchObject({ agent, job, rows, reason: REASON, isSigned: false });
    expect(reason).toBe(`${REASON}; evidence ${kept?.id}`);
  });

  it.each<[string, Changes, RegExp]>([
    [
      'the disk is full',
      { roomFor: async () => fail(failure('storage_full', 'no room.')) },
      /its evidence is missing.*no room/,
    ],
    [
      'it cannot be made',
      { evidence: async () => fail(failure('execution_failed', 'a bug.')) },
      /its evidence is missing.*a bug/,
    ],
  ])('is missing where %s, and the verdict stands', async (_, changes, line) => {
    const made = await bookWith(changes);
    expect(await reasonOf(made)).toBe(REASON);
    expect(made.files.list()).toEqual([]);
    expect(made.lines.join('')).toMatch(line);
  });

  it('names what the check of this result alone finds first', async () => {
    const made = await bookWith();
    const reason = await reasonOf(made, 'output "y": element 0 after row 1 is 3, recomputed 2');
    expect(made.files.list()).toMatchObject([{ reason: REASON }]);
    expect(reason).toMatch(new RegExp(`^${REASON}; evidence`));
  });

  it('is missing where the check made again accepts the result, and the verdict stands', async () => {
    const made = await bookWith();
    const right = { ...order, results: [{ lease, output: [floats([2, 1], [0, 2])] }] };
    const told = await made.book.record({ ...rejection('made up'), order: right });
    expect(told).toEqual(rejection('made up').judgement);
    expect(made.files.list()).toEqual([]);
    expect(made.lines.join('')).toMatch(/came to another verdict/);
  });

  it('is left to the next process by one that is stopping, with the verdict', async () => {
    const made = await bookWith({ evidence: async () => fail(failure('unavailable', 'stop.')) });
    expect(await made.book.record(rejection(REASON))).toBeNull();
    expect(made.lines).toEqual([]);
  });

  it('is waited for by whoever stops: nothing is written behind', async () => {
    const made = await bookWith();
    const recording = made.book.record(rejection(REASON));
    await made.book.settled();
    expect(made.files.list()).toHaveLength(1);
    await recording;
    await made.book.settled();
  });

  it('is missing where too many wait for theirs, until one is made', async () => {
    const waiting: (() => void)[] = [];
    const gone = fail(failure('execution_failed', 'a bug.'));
    const evidence = () => new Promise<typeof gone>((end) => waiting.push(() => end(gone)));
    const made = await bookWith({ evidence });
    const asked = Array.from({ length: EVIDENCE_WAITING_MAX }, () => reasonOf(made));
    expect(await reasonOf(made)).toBe(REASON);
    expect(waiting).toHaveLength(EVIDENCE_WAITING_MAX);
    waiting[0]?.();
    await asked[0];
    const next = reasonOf(made);
    expect(waiting).toHaveLength(EVIDENCE_WAITING_MAX + 1);
    waiting.forEach((end) => end());
    await Promise.all([...asked, next]);
  });
});

it.each([200, 300, 400])('a reason of %i characters leaves room for the way to it', (length) => {
  const id = `bafyrei${'a'.repeat(52)}` as EvidenceId;
  const told = withEvidence('x'.repeat(length), id);
  expect(told.length).toBeLessThanOrEqual(QUARANTINE_REASON_CHARS_MAX);
  expect(told.endsWith(`evidence ${id}`)).toBe(true);
  expect(told.startsWith('x'.repeat(200))).toBe(true);
});
