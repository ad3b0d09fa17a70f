import { blockUnknown, type BlockSource } from '../../data/index.ts';
import { failure } from '../../domain/failure.ts';
import type { Verdict } from '../../domain/checking.ts';
import type { EvidenceSummary } from '../../domain/evidence.ts';
import type { AgentId, ContentId, TaskId } from '../../domain/ids.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { evidenceIdOf } from '../../integrity/index.ts';
import type { LeaseNumber } from '../../scheduler/index.ts';
import { CATALOGUE, parseEvidence, type CheckName, type Evidence } from '../../validation/index.ts';
import type { Judgement } from '../../workloads/index.ts';
import { makeChecker, type OpenModels } from '../checking/checker.ts';
import { reportFromWire, reportMessageFromBytes } from '../../wire/index.ts';
import { checkReport, resultIn, type ReportFinding } from './check-report.ts';
import { refuteShown } from './refute-reported.ts';
import { summaryOf } from './summarise-evidence.ts';
import { isSameVerdict, wrongElementIn, type WrongElement } from './verdict-agreement.ts';

/** What came of checking evidence again. */
export type Replay = {
  readonly summary: EvidenceSummary;
  readonly task: TaskId;
  readonly report: ReportFinding;
  /** Of each result, whose it is, what the orchestrator found, and what was found now. */
  readonly results: readonly ReplayedResult[];
  /** Which of them is accused. */
  readonly accused: number;
  /** The first wrong element of the accused, as found now; null where none is, or none is named. */
  readonly wrong: WrongElement | null;
  /** How far an honest result may lie from what is recomputed, in words. */
  readonly tolerance: string;
  /** Whether every verdict is the one that the orchestrator came to. */
  readonly isSame: boolean;
  /** Blocks that were fetched, because the evidence leaves them out. Count. */
  readonly fetchedCount: number;
};

export type ReplayedResult = {
  readonly agent: AgentId;
  readonly claimed: Verdict;
  readonly found: Verdict;
};

export type ReplayOptions = {
  readonly nowMs: number;
  /** Where blocks are that the evidence leaves out; null: nowhere. */
  readonly others: BlockSource | null;
  readonly openModels?: OpenModels;
  /** The bytes are read, and the check begins. */
  readonly onChecking?: () => void;
};

/**
 * Makes the check in some bytes of evidence again, the very one that the orchestrator made, and
 * compares the verdicts.
 *
 * An attacker controls every byte. A block that the check does not read is refused: it would be
 * evidence of nothing.
 * Errors: those of `parseEvidence`; "block_unknown" where a block is neither there nor at
 * `others`; what else hinders the check.
 */
export async function replayEvidence(
  bytes: Uint8Array,
  options: ReplayOptions,
): Promise<Outcome<Replay>> {
  const parsed = await parseEvidence(bytes, options);
  if (!parsed.ok) return parsed;
  const evidence = parsed.value;
  options.onChecking?.();
  const blocks = blocksIn(evidence, options.others);
  const judged = await checkAgain(evidence, { source: blocks.source, ...options });
  if (blocks.lacking.size > 0) {
    const text = `the evidence is said to be whole and lacks block ${[...blocks.lacking][0]}`;
    return fail(failure('input_malformed', `${text}. Distrust whoever made it.`));
  }
  if (!judged.ok) return judged;
  const unread = [...evidence.blocks.keys()].find((id) => !blocks.read.has(id));
  if (unread !== undefined) {
    const text = `the check does not read block ${unread} of the evidence`;
    return fail(failure('input_invalid', `${text}. Distrust whoever made it.`));
  }
  const results = evidence.results.map(({ agent, verdict }, index): ReplayedResult => {
    const found = judged.value.verdicts[index]?.verdict ?? { kind: 'accepted' };
    return { agent, claimed: verdict, found };
  });
  const { accused } = evidence;
  const found = results[accused]?.found;
  const id = await evidenceIdOf(bytes);
  return succeed({
    summary: summaryOf(evidence, { id, byteLength: bytes.byteLength }),
    task: evidence.task,
    report: await checkReport(evidence),
    results,
    accused,
    wrong: found?.kind === 'rejected' ? wrongElementIn(found.reason) : null,
    tolerance: CATALOGUE.find(({ name }) => name === checkOf(evidence))?.tolerance ?? '',
    isSame: results.every((result) => isSameVerdict(result.claimed, result.found)),
    fetchedCount: blocks.fetched.size,
  });
}

function checkOf({ mode }: Evidence): CheckName {
  return mode.kind === 'structure' ? 'structure' : 'recompute-rows';
}

async function checkAgain(
  evidence: Evidence,
  { source, openModels }: Pick<ReplayOptions, 'openModels'> & { readonly source: BlockSource },
): Promise<Outcome<Pick<Judgement<LeaseNumber>, 'verdicts'>>> {
  const { work, rows, mode, seed, results } = evidence;
  if (mode.kind === 'structure') return structureAgain(evidence, source);
  const checker = makeChecker(source, { openModels });
  try {
    return await checker.check({
      work,
      rows,
      // Names within this one check, in the order of the results.
      results: results.map(({ output }, index) => ({ lease: index as LeaseNumber, output })),
      mode,
      seed,
    });
  } catch (thrown) {
    // Planned work breaks no invariant; what a stranger made up may.
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    const text = `the work in the evidence cannot be computed (${detail})`;
    return fail(failure('input_malformed', `${text}. Distrust whoever made it.`));
  } finally {
    await checker.close();
  }
}

/** Whatever the report says of its lease, held against the task, and against the block that is here. */
async function structureAgain(
  { report, work, rows, blocks }: Evidence,
  source: BlockSource,
): Promise<Outcome<Pick<Judgement<LeaseNumber>, 'verdicts'>>> {
  const message = reportMessageFromBytes(report?.bytes ?? new Uint8Array());
  const read = message.ok ? reportFromWire(message.value) : message;
  if (!read.ok) return read;
  const said = report === null ? undefined : resultIn(read.value, report.lease);
  // Of the blobs that were reported, only the one that is short is here.
  const here: BlockSource = {
    get: async (id) => (blocks.has(id) ? source.get(id) : blockUnknown(id, 'in this evidence')),
  };
  const refuted = said && (await refuteShown(said, { work, rows, source: here }));
  const verdict: Verdict = refuted
    ? { kind: 'rejected', reason: refuted.reason }
    : { kind: 'accepted' };
  return succeed({ verdicts: [{ lease: 0 as LeaseNumber, verdict }] });
}

type BlocksRead = {
  readonly source: BlockSource;
  readonly read: ReadonlySet<ContentId>;
  readonly fetched: ReadonlySet<ContentId>;
  /** Those that evidence said to be whole lacks. */
  readonly lacking: ReadonlySet<ContentId>;
};

/** The blocks of evidence, which were verified; others are fetched where it says that some lack. */
function blocksIn({ blocks, isWhole }: Evidence, others: BlockSource | null): BlocksRead {
  const read = new Set<ContentId>();
  const fetched = new Set<ContentId>();
  const lacking = new Set<ContentId>();
  return {
    read,
    fetched,
    lacking,
    source: {
      async get(id, options) {
        const block = blocks.get(id);
        if (block !== undefined) {
          read.add(id);
          return succeed(block);
        }
        if (isWhole) lacking.add(id);
        if (isWhole || others === null) {
          const remedy = 'Name the orchestrator that has it with --from URL';
          return fail(failure('block_unknown', `block ${id} is not in the evidence. ${remedy}.`));
        }
        fetched.add(id);
        const found = await others.get(id, options);
        if (found.ok) return found;
        // Whatever is wrong with what others sent: the check must not take it for the agent's doing.
        const { code, message } = found.failure;
        return fail(failure(code === 'bytes_mismatch' ? 'unavailable' : code, message));
      },
    },
  };
}
