import { describe, expect, it } from 'vitest';
import type { AgentId, ContentId, LeaseId, TaskId } from '../domain/ids.ts';
import {
  EVIDENCE_AHEAD_MS,
  EVIDENCE_BYTES_MAX,
  INLINE_TENSOR_BYTES_MAX,
  TENSOR_ELEMENTS_MAX,
} from '../domain/limits.ts';
import {
  decodeCanonical,
  encodeCanonical,
  leafIdOf,
  type CanonicalValue,
} from '../integrity/index.ts';
import { encodeEvidence } from './encode-evidence.ts';
import type { Evidence } from './evidence.ts';
import { parseEvidence } from './parse-evidence.ts';

const NOW_MS = 1_700_000_000_000;
const AGENT = 'A'.repeat(43) as AgentId;
const block = Uint8Array.from({ length: 16 }, (_, index) => index);
const blob = (await leafIdOf(block)) as ContentId as ContentId<'blob'>;
const type = { dtype: 'float32', shape: [2, 2] } as const;

const good: Evidence = {
  task: `job_${'0'.repeat(26)}/0/3` as TaskId,
  rows: { start: 0, end: 2 },
  work: {
    program: { kind: 'graph', nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }] },
    inputs: [
      {
        name: 'x',
        cut: 'rows',
        tensor: { ...type, source: { kind: 'blob', blob, byteOffset: 0 } },
      },
    ],
    outputs: [{ name: 'y', dtype: 'float32', rowShape: [2] }],
  },
  mode: { kind: 'recompute', share: 0.3 },
  seed: [0xfedcba98, 1, 2, 0x80000000],
  results: [
    {
      agent: AGENT,
      output: [{ ...type, source: { kind: 'inline', bytes: block } }],
      verdict: { kind: 'rejected', reason: 'output "y": it is 1, recomputed 2' },
    },
  ],
  accused: 0,
  report: {
    lease: `lease_${'0'.repeat(26)}` as LeaseId,
    bytes: block,
    signature: new Uint8Array(64),
    receivedAtMs: NOW_MS - 5,
  },
  judgedAtMs: NOW_MS,
  isWhole: true,
  blocks: new Map([[blob, block]]),
};

const model: Evidence = {
  ...good,
  work: {
    ...good.work,
    program: {
      kind: 'model',
      model: { blob, byteLength: 16 },
      fixedBatch: 4,
      inputTypes: { x: 'float32' },
    },
  },
};

const compared: Evidence = {
  ...good,
  mode: { kind: 'compare' },
  results: [...good.results, { ...good.results[0]!, verdict: { kind: 'accepted' } }],
  report: null,
};

type Fields = { [key: string]: CanonicalValue };

/** The good evidence with some field, found by its path, made another. */
function changed(
  path: readonly (string | number)[],
  value: CanonicalValue | undefined,
): Uint8Array {
  const decoded = decodeCanonical(encodeEvidence(good));
  if (!decoded.ok) throw new Error(decoded.failure.message);
  const root = decoded.value as Fields;
  let at = root;
  for (const key of path.slice(0, -1)) at = at[key] as Fields;
  const last = path.at(-1)!;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return encodeCanonical(root);
}

const parse = (bytes: Uint8Array, nowMs = NOW_MS) => parseEvidence(bytes, { nowMs });

describe('evidence', () => {
  it.each([
    ['a graph', good],
    ['a model', model],
    ['two that were compared', compared],
    ['no report', { ...good, report: null }],
    ['blocks elsewhere', { ...good, isWhole: false, blocks: new Map() }],
    ['an axis', withNode({ operator: 'reduce-sum', inputs: ['x'], output: 'y', axis: 1 })],
  ])('of %s comes back as it was, and as the same bytes', async (_, evidence) => {
    const bytes = encodeEvidence(evidence);
    const parsed = await parse(bytes);
    expect(parsed).toEqual({ ok: true, value: evidence });
    expect(parsed.ok && encodeEvidence(parsed.value)).toEqual(bytes);
  });

  it.each([
    ['before now', -1, true],
    ['now', 0, true],
    ['as far ahead as a clock may be', EVIDENCE_AHEAD_MS, true],
    ['further ahead', EVIDENCE_AHEAD_MS + 1, false],
  ])('dated %s is taken or refused', async (_, aheadMs, isTaken) => {
    const bytes = encodeEvidence({ ...good, judgedAtMs: NOW_MS + aheadMs });
    expect((await parse(bytes)).ok).toBe(isTaken);
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['no map', encodeCanonical([1])],
    ['the first half', encodeEvidence(good).subarray(0, 300)],
    ['a byte too few', encodeEvidence(good).subarray(0, -1)],
    ['a byte too many', new Uint8Array([...encodeEvidence(good), 0])],
    ['a doubled field', doubledField()],
    ['more bytes than may be', new Uint8Array(EVIDENCE_BYTES_MAX + 1)],
  ])('that is %s is refused', async (_, bytes) => {
    expect(await parse(bytes)).toMatchObject({ ok: false });
  });

  it.each<[string, (string | number)[], CanonicalValue | undefined, string]>([
    ['another version', ['v'], 2, 'version_unsupported'],
    ['no version', ['v'], undefined, 'input_malformed'],
    ['a field that is left out', ['seed'], undefined, 'input_malformed'],
    ['a field that is unknown', ['more'], 1, 'input_malformed'],
    ['a nested field that is unknown', ['work', 'more'], 1, 'input_malformed'],
    ['a task that is none', ['task'], 'task', 'input_malformed'],
    ['no rows', ['rows'], [2, 2], 'input_malformed'],
    ['rows that the input has not', ['rows'], [0, 3], 'shape_mismatch'],
    ['negative rows', ['rows'], [-1, 2], 'input_malformed'],
    ['a third bound of rows', ['rows'], [0, 1, 2], 'input_malformed'],
    ['an unknown operator', ['work', 'program', 'nodes', 0, 'operator'], 'eval', 'input_malformed'],
    [
      'a node that takes what is not made',
      ['work', 'program', 'nodes', 0, 'inputs'],
      ['z'],
      'input_malformed',
    ],
    ['an output that is not made', ['work', 'outputs', 0, 'name'], 'z', 'input_malformed'],
    ['an input without a name', ['work', 'inputs', 0, 'name'], '', 'input_malformed'],
    ['an unknown element type', ['work', 'inputs', 0, 'tensor', 'dtype'], 'f8', 'input_malformed'],
    ['an unknown cut', ['work', 'inputs', 0, 'cut'], 'columns', 'input_malformed'],
    [
      'a giant tensor',
      ['work', 'inputs', 0, 'tensor', 'shape'],
      [2, TENSOR_ELEMENTS_MAX],
      'limit_exceeded',
    ],
    [
      'an input too large at once',
      ['work', 'inputs', 0, 'tensor', 'shape'],
      [2, 2 ** 28],
      'limit_exceeded',
    ],
    ['an output too large', ['work', 'outputs', 0, 'rowShape'], [2 ** 24], 'limit_exceeded'],
    ['a negative dimension', ['work', 'outputs', 0, 'rowShape'], [-2], 'input_malformed'],
    ['a ninth dimension', ['work', 'outputs', 0, 'rowShape'], Array(9).fill(1), 'input_malformed'],
    [
      'an offset before the blob',
      ['work', 'inputs', 0, 'tensor', 'byteOffset'],
      -4,
      'input_malformed',
    ],
    ['a mode that is none', ['mode', 'kind'], 'trust', 'input_malformed'],
    ['a share of nothing', ['mode', 'share'], new Uint8Array(8), 'input_malformed'],
    ['a share that is a number', ['mode', 'share'], 1, 'input_malformed'],
    ['a seed too short', ['seed'], new Uint8Array(3), 'input_malformed'],
    ['no result', ['results'], [], 'input_malformed'],
    ['an accused that is not there', ['accused'], 1, 'input_malformed'],
    ['an accused that was accepted', ['results', 0, 'rejected'], null, 'input_malformed'],
    ['one result that was compared', ['mode'], { kind: 'compare' }, 'input_malformed'],
    ['an agent that is none', ['results', 0, 'agent'], 'me', 'input_malformed'],
    [
      'claimed bytes too few for their shape',
      ['results', 0, 'output', 0, 'bytes'],
      new Uint8Array(12),
      'shape_mismatch',
    ],
    [
      'claimed bytes beyond a message',
      ['results', 0, 'output', 0, 'bytes'],
      new Uint8Array(INLINE_TENSOR_BYTES_MAX + 1),
      'limit_exceeded',
    ],
    ['a signature too short', ['report', 'signature'], new Uint8Array(63), 'input_malformed'],
    ['a lease that is none', ['report', 'lease'], 'lease_1', 'input_malformed'],
    ['a report after its verdict', ['report', 'receivedAtMs'], NOW_MS + 1, 'input_invalid'],
    ['a negative instant', ['judgedAtMs'], -1, 'input_malformed'],
    [
      'a block that does not hash to its id',
      ['blocks', blob],
      new Uint8Array(16),
      'bytes_mismatch',
    ],
    ['a block of no id', ['blocks', 'bafk'], block, 'input_malformed'],
    ['a block that is no bytes', ['blocks', blob], 'text', 'input_malformed'],
  ])('with %s is refused', async (_, path, value, code) => {
    const parsed = await parse(changed(path, value));
    expect(parsed).toMatchObject({ ok: false, failure: { code } });
  });

  it('that changes nothing in the helper of these tests is taken', async () => {
    expect(await parse(changed(['accused'], 0))).toMatchObject({ ok: true });
  });
});

function withNode(node: {
  readonly operator: 'reduce-sum';
  readonly inputs: readonly string[];
  readonly output: string;
  readonly axis: number;
}): Evidence {
  return { ...good, work: { ...good.work, program: { kind: 'graph', nodes: [node] } } };
}

/** A map of two entries, of which each is `v: 1`. */
function doubledField(): Uint8Array {
  return new Uint8Array([0xa2, 0x61, 0x76, 0x01, 0x61, 0x76, 0x01]);
}
