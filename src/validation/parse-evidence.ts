import { failure } from '../domain/failure.ts';
import {
  parseAgentId,
  parseContentId,
  parseLeaseId,
  parseTaskId,
  type BlockKind,
  type ContentId,
} from '../domain/ids.ts';
import {
  EVIDENCE_AHEAD_MS,
  EVIDENCE_BLOCKS_MAX,
  EVIDENCE_BYTES_MAX,
  EVIDENCE_REASON_CHARS_MAX,
  EVIDENCE_TENSOR_BYTES_MAX,
  MANIFEST_BYTES_MAX,
  NAME_CHARS_MAX,
  REPORT_BYTES_MAX,
  TASK_OUTPUT_BYTES_MAX,
} from '../domain/limits.ts';
import { fail, type Outcome } from '../domain/outcome.ts';
import { rowBytes, tensorBytes, type RowRange } from '../domain/tensor.ts';
import type { StageWork } from '../domain/work.ts';
import {
  decodeCanonical,
  SIGNATURE_BYTES,
  verifyBlock,
  type CanonicalValue,
} from '../integrity/index.ts';
import { EVIDENCE_VERSION } from './encode-evidence.ts';
import { SEED_BYTES, seedFromBytes } from './evidence-seed.ts';
import type { Evidence, EvidenceMode, JudgedResult, SignedResult } from './evidence.ts';
import { taskOutputOf, workOf } from './parse-work.ts';
import {
  bytesOf,
  entriesOf,
  fieldsOf,
  itemsOf,
  naturalOf,
  readStrictly,
  refuse,
  required,
  shown,
  textOf,
  truthOf,
  type Named,
} from './value-reader.ts';

const FIELDS = [
  'v',
  'task',
  'rows',
  'work',
  'mode',
  'seed',
  'results',
  'accused',
  'report',
  'judgedAtMs',
  'isWhole',
  'blocks',
] as const;

/**
 * The evidence in some bytes, well formed, with every block the one of its id.
 *
 * An attacker controls every byte. What is left to whoever replays it: whose signature the report
 * has and what it says, and whether the check needs each of the blocks.
 * Limits: EVIDENCE_BYTES_MAX, and what the check may read at once. Instants may be at most
 * EVIDENCE_AHEAD_MS after `nowMs`.
 * Errors: "limit_exceeded" | "input_malformed" | "input_invalid" | "version_unsupported" |
 * "shape_mismatch" | "bytes_mismatch".
 */
export async function parseEvidence(
  bytes: Uint8Array,
  { nowMs }: { readonly nowMs: number },
): Promise<Outcome<Evidence>> {
  if (bytes.byteLength > EVIDENCE_BYTES_MAX) {
    const text = `${bytes.byteLength} bytes are no evidence, which has at most`;
    return fail(failure('limit_exceeded', `${text} ${EVIDENCE_BYTES_MAX}. Use another file.`));
  }
  const decoded = decodeCanonical(bytes);
  if (!decoded.ok) return decoded;
  const read = readStrictly(() => evidenceOf({ value: decoded.value, name: 'evidence' }, nowMs));
  if (!read.ok) return read;
  for (const [id, block] of read.value.blocks) {
    const verified = await verifyBlock(id, block);
    if (!verified.ok) return verified;
  }
  return read;
}

function evidenceOf(value: Named, nowMs: number): Evidence {
  refuseVersion(value);
  const field = fieldsOf(value, FIELDS);
  const results = itemsOf(field('results'), 2).map(resultOf);
  const accused = naturalOf(field('accused'), 1);
  if (results[accused]?.verdict.kind !== 'rejected') refuse('the accused result was not rejected');
  const mode = modeOf(field('mode'));
  const wanted = mode.kind === 'compare' ? 2 : 1;
  // Two that were reported under another policy may be recomputed together, but one not compared.
  if (results.length < wanted) refuse('two results are compared, and one is here');
  const rows = rowsOf(field('rows'));
  const work = workOf(field('work'));
  // Of structure, no tensor is read.
  if (mode.kind !== 'structure') refuseSizes(work, rows);
  const judgedAtMs = naturalOf(field('judgedAtMs'));
  if (judgedAtMs > nowMs + EVIDENCE_AHEAD_MS) {
    refuse('the evidence is dated later than now. Set this clock, or distrust it', 'input_invalid');
  }
  const report = reportOf(field('report'));
  if (report !== null && report.receivedAtMs > judgedAtMs) {
    refuse('the report is dated later than the verdict on it', 'input_invalid');
  }
  const blocks = blocksOf(field('blocks'));
  const isWhole = truthOf(field('isWhole'));
  if (mode.kind === 'structure') {
    if (report === null) refuse('structure is shown by a report, and none is here');
    const isBare = results.length === 1 && results[0]?.output.length === 0;
    if (!isBare || blocks.size > 1 || !isWhole) {
      refuse('structure is shown by a report and one blob, and more is here');
    }
  }
  return {
    task: required(parseTaskId(textOf(field('task'), NAME_CHARS_MAX)), 'task'),
    rows,
    work,
    mode,
    seed: seedFromBytes(bytesOf(field('seed'), { exactly: SEED_BYTES })),
    results,
    accused,
    report,
    judgedAtMs,
    isWhole,
    blocks,
  };
}

function refuseVersion(value: Named): void {
  const version: CanonicalValue | undefined = new Map(entriesOf(value)).get('v');
  if (version === EVIDENCE_VERSION) return;
  if (typeof version !== 'number') refuse('it names no version of evidence');
  const text = `evidence of version ${version}; this program reads ${EVIDENCE_VERSION}`;
  refuse(`${text}. Update it`, 'version_unsupported');
}

function rowsOf(value: Named): RowRange {
  const [start, end, ...more] = itemsOf(value, 2);
  if (start === undefined || end === undefined || more.length > 0) {
    return refuse(`${value.name} is no pair`);
  }
  const rows = { start: naturalOf(start), end: naturalOf(end) };
  return rows.end > rows.start ? rows : refuse(`${value.name} has no rows`);
}

function modeOf(value: Named): EvidenceMode {
  if (entriesOf(value).some(([key]) => key === 'share')) {
    const field = fieldsOf(value, ['kind', 'share']);
    if (field('kind').value !== 'recompute') refuse(`${value.name} is not known here`);
    const bytes = bytesOf(field('share'), { exactly: 8 });
    const share = new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
    if (!(share > 0 && share <= 1)) refuse(`${value.name}.share is not above 0 and at most 1`);
    return { kind: 'recompute', share };
  }
  const field = fieldsOf(value, ['kind']);
  const { value: kind } = field('kind');
  if (kind === 'compare' || kind === 'structure') return { kind };
  return refuse(`${value.name} is not known here`);
}

function resultOf(value: Named): JudgedResult {
  const field = fieldsOf(value, ['agent', 'output', 'rejected']);
  const rejected = field('rejected');
  return {
    agent: required(parseAgentId(textOf(field('agent'), NAME_CHARS_MAX)), field('agent').name),
    output: taskOutputOf(field('output')),
    verdict:
      rejected.value === null
        ? { kind: 'accepted' }
        : { kind: 'rejected', reason: textOf(rejected, EVIDENCE_REASON_CHARS_MAX) },
  };
}

function reportOf(value: Named): SignedResult | null {
  if (value.value === null) return null;
  const field = fieldsOf(value, ['lease', 'bytes', 'signature', 'receivedAtMs']);
  return {
    lease: required(parseLeaseId(textOf(field('lease'), NAME_CHARS_MAX)), field('lease').name),
    bytes: bytesOf(field('bytes'), { most: REPORT_BYTES_MAX }),
    signature: bytesOf(field('signature'), { exactly: SIGNATURE_BYTES }),
    receivedAtMs: naturalOf(field('receivedAtMs')),
  };
}

function blocksOf(value: Named): ReadonlyMap<ContentId, Uint8Array> {
  const entries = entriesOf(value);
  if (entries.length > EVIDENCE_BLOCKS_MAX) refuse(`more than ${EVIDENCE_BLOCKS_MAX} blocks`);
  const blocks = new Map<ContentId, Uint8Array>();
  for (const [key, block] of entries) {
    const name = `${value.name}.${shown(key)}`;
    const id: ContentId<BlockKind> = required(parseContentId<BlockKind>(key), value.name);
    blocks.set(id, bytesOf({ value: block, name }, { most: MANIFEST_BYTES_MAX }));
  }
  return blocks;
}

/** Inputs too short for the rows, and tensors that no check would read at once. */
function refuseSizes({ inputs, outputs }: StageWork, { start, end }: RowRange): void {
  const rowCount = end - start;
  for (const { name, tensor, cut } of inputs) {
    const isCut = cut === 'rows';
    if (isCut && end > (tensor.shape[0] ?? 0)) {
      refuse(`input "${shown(name)}" has no row ${end - 1}`, 'shape_mismatch');
    }
    const bytes = isCut ? rowCount * rowBytes(tensor) : tensorBytes(tensor);
    if (bytes <= EVIDENCE_TENSOR_BYTES_MAX) continue;
    refuse(`input "${shown(name)}" takes ${bytes} bytes at once`, 'limit_exceeded');
  }
  for (const { name, dtype, rowShape } of outputs) {
    const bytes = rowCount * Math.max(1, tensorBytes({ dtype, shape: rowShape }));
    if (bytes <= TASK_OUTPUT_BYTES_MAX) continue;
    refuse(`output "${shown(name)}" takes ${bytes} bytes`, 'limit_exceeded');
  }
}
