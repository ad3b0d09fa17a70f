import { openBlob, type BlockSource } from '../../data/index.ts';
import { failure } from '../../domain/failure.ts';
import type { ContentId } from '../../domain/ids.ts';
import {
  EVIDENCE_BLOCKS_MAX,
  EVIDENCE_BYTES_MAX,
  EVIDENCE_MODEL_BYTES_MAX,
} from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { StageWork, TaskOutput } from '../../domain/work.ts';
import { evidenceIdOf, leafAt, leafCountOf } from '../../integrity/index.ts';
import { encodeEvidence, parseEvidence, type Evidence } from '../../validation/index.ts';
import { makeChecker, type OpenModels } from '../checking/checker.ts';
import { checkReport } from './check-report.ts';
import type { EvidenceOrder, MadeEvidence } from './evidence-order.ts';
import { notedBlocks } from './noted-blocks.ts';
import { summaryOf } from './summarise-evidence.ts';

/** What a block takes beside its bytes: its id and some lengths. Bytes. */
const BLOCK_FRAME_BYTES = 70;

/**
 * Makes evidence of a rejected result: makes its check once more, by a checker that has nothing
 * in memory, and keeps what that reads, and finds: among others that were checked with it, another
 * of several wrong elements may have been found first.
 *
 * Blocks that do not fit are left out, which the evidence says: those of the model first, those of
 * the results last. A report that does not bear the accusation out is left out too.
 * Limits: EVIDENCE_BYTES_MAX. Errors: those of the check; "execution_failed" where it rejects
 * other results; those of `parseEvidence`, where the work is beyond what evidence may hold.
 */
export async function makeEvidence(
  order: EvidenceOrder,
  { source, openModels }: { readonly source: BlockSource; readonly openModels?: OpenModels },
): Promise<Outcome<MadeEvidence>> {
  const { work, rows, mode, seed, results } = order.check;
  const modelBlocks = await blocksOfModel(source, work);
  const isLarge = modelBytes(work) > EVIDENCE_MODEL_BYTES_MAX;
  const noted = notedBlocks(source, (id) => isLarge && modelBlocks.has(id));
  const checker = makeChecker(noted.source, { openModels });
  const judged = await checker.check(order.check);
  await checker.close();
  if (!judged.ok) return judged;
  const verdicts = judged.value.verdicts.map(({ verdict }) => verdict);
  if (verdicts.some(({ kind }, index) => kind !== order.verdicts[index]?.kind)) {
    return fail(failure('execution_failed', 'the check made again came to another verdict.'));
  }
  const bare: Evidence = {
    task: order.task,
    rows,
    work,
    mode,
    seed,
    results: results.flatMap(({ output }, index) => {
      const [agent, verdict] = [order.agents[index], verdicts[index]];
      return agent === undefined || verdict === undefined ? [] : [{ agent, output, verdict }];
    }),
    accused: order.accused,
    report: order.report,
    judgedAtMs: order.judgedAtMs,
    isWhole: true,
    blocks: new Map(),
  };
  const report = (await checkReport(bare)).kind === 'signed' ? order.report : null;
  const frameBytes = encodeEvidence({ ...bare, report }).byteLength + BLOCK_FRAME_BYTES;
  const resultBlocks = await blocksOfOutputs(
    source,
    results.map(({ output }) => output),
  );
  const isLast = (id: ContentId): number =>
    resultBlocks.has(id) ? 0 : modelBlocks.has(id) ? 2 : 1;
  const ranked = [...noted.given].sort(([one], [other]) => isLast(one) - isLast(other));
  const blocks = fitting(ranked, EVIDENCE_BYTES_MAX - frameBytes);
  const isWhole = !noted.gaveOthers() && blocks.size === noted.given.size;
  const evidence: Evidence = { ...bare, report, isWhole, blocks };
  const bytes = encodeEvidence(evidence);
  // What no reader would take is not given out.
  const parsed = await parseEvidence(bytes, { nowMs: order.judgedAtMs });
  if (!parsed.ok) return parsed;
  const id = await evidenceIdOf(bytes);
  return succeed({ bytes, summary: summaryOf(evidence, { id, byteLength: bytes.byteLength }) });
}

/** The first of some blocks that fit together. */
function fitting(
  ranked: readonly (readonly [ContentId, Uint8Array])[],
  bytesMax: number,
): ReadonlyMap<ContentId, Uint8Array> {
  const blocks = new Map<ContentId, Uint8Array>();
  let takenBytes = 0;
  for (const [id, bytes] of ranked) {
    takenBytes += bytes.byteLength + BLOCK_FRAME_BYTES;
    if (takenBytes > bytesMax || blocks.size === EVIDENCE_BLOCKS_MAX) break;
    blocks.set(id, bytes);
  }
  return blocks;
}

function modelBytes({ program }: StageWork): number {
  return program.kind === 'model' ? program.model.byteLength : 0;
}

async function blocksOfModel(source: BlockSource, { program }: StageWork): Promise<Set<ContentId>> {
  const blocks = new Set<ContentId>();
  if (program.kind === 'model') await addBlocks(program.model.blob, { source, blocks });
  return blocks;
}

async function blocksOfOutputs(
  source: BlockSource,
  outputs: readonly TaskOutput[],
): Promise<Set<ContentId>> {
  const blocks = new Set<ContentId>();
  for (const { source: from } of outputs.flat()) {
    if (from.kind === 'blob') await addBlocks(from.blob, { source, blocks });
  }
  return blocks;
}

/** Adds the ids of a blob's blocks; none where it cannot be read. */
async function addBlocks(
  id: ContentId<'blob'>,
  { source, blocks }: { readonly source: BlockSource; readonly blocks: Set<ContentId> },
): Promise<void> {
  const blob = await openBlob(source, { blob: id });
  if (!blob.ok) return;
  blocks.add(id);
  if (blob.value.kind === 'leaf') return;
  const { manifest } = blob.value;
  const count = leafCountOf(manifest.byteLength);
  for (let index = 0; index < count; index++) blocks.add(leafAt(manifest, index));
}
