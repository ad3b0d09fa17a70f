import { expect, it } from 'vitest';
import { parseContentId } from '../../domain/ids.ts';
import {
  CHECK_BATCH_BYTES,
  CHECK_MODEL_BATCH_BYTES,
  CHECKS_PER_BATCH_MAX,
} from '../../domain/limits.ts';
import type { Program, StageWork } from '../../domain/work.ts';
import { checkBatch } from './check-batch.ts';

const parsed = parseContentId(`bafkrei${'a'.repeat(52)}`);
if (!parsed.ok) throw new Error(parsed.failure.message);
const MODEL: Program = {
  kind: 'model',
  model: { blob: parsed.value, byteLength: 1 },
  fixedBatch: null,
  inputTypes: {},
};
const GRAPH: Program = { kind: 'graph', nodes: [] };

it.each([
  ['all of few', GRAPH, { bytes: 4, results: 1, count: 3, taken: 3 }],
  [
    'as many as there may be',
    GRAPH,
    { bytes: 4, results: 1, count: 999, taken: CHECKS_PER_BATCH_MAX },
  ],
  [
    'as many bytes as there may be',
    GRAPH,
    { bytes: CHECK_BATCH_BYTES / 4, results: 1, count: 9, taken: 4 },
  ],
  [
    'no more than those',
    GRAPH,
    { bytes: CHECK_BATCH_BYTES / 4 + 4, results: 1, count: 9, taken: 3 },
  ],
  [
    'half as many of two results each',
    GRAPH,
    { bytes: CHECK_BATCH_BYTES / 4, results: 2, count: 9, taken: 2 },
  ],
  [
    'one that has more alone',
    GRAPH,
    { bytes: CHECK_BATCH_BYTES + 4, results: 1, count: 9, taken: 1 },
  ],
  [
    'fewer of a model',
    MODEL,
    { bytes: CHECK_MODEL_BATCH_BYTES / 4, results: 1, count: 9, taken: 4 },
  ],
])('a batch takes %s', (_, program, of) => {
  const rowShape = [of.bytes / 4];
  const outputs = [{ name: 'y', dtype: 'float32' as const, rowShape }];
  const work: StageWork = { program, inputs: [], outputs };
  const takes = checkBatch(work);
  const results = Array.from({ length: of.results });
  const taken = Array.from({ length: of.count }, () =>
    takes({ rows: { start: 0, end: 1 }, results }),
  );
  expect(taken.filter(Boolean)).toHaveLength(of.taken);
});
