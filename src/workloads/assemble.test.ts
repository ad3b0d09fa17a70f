import { describe, expect, it } from 'vitest';
import { INLINE_TENSOR_BYTES_MAX } from '../domain/limits.ts';
import { succeed } from '../domain/outcome.ts';
import { assembleStage, type RowsOutput } from './assemble.ts';
import { float32, MemoryTensors, valueOf } from './run-job.contract.ts';
import type { PlannedStage } from './workload.ts';

const COLUMNS = 4;
const needed = new Set(['y']);

describe('assembleStage', () => {
  it.each([
    ['one task', 5, 5],
    ['tasks of one row', 5, 1],
    ['a last task with fewer rows', 5, 2],
    ['just what may be inline', INLINE_TENSOR_BYTES_MAX / 16, 1000],
    ['one row more than may be inline', INLINE_TENSOR_BYTES_MAX / 16 + 1, 1000],
  ])('joins %s in order', async (_, rowCount, rowsPerTask) => {
    const { store, stage, results } = staged({ rowCount, rowsPerTask });
    const { read, write } = store;
    const [made] = valueOf(await assembleStage({ stage, needed, results, read, write }));
    const big = rowCount * 16 > INLINE_TENSOR_BYTES_MAX;
    expect(made?.tensor.source.kind).toBe(big ? 'blob' : 'inline');
    const whole = made ? valueOf(await read(made.tensor)) : null;
    expect(whole).toEqual(numbered({ start: 0, end: rowCount }));
  });

  it.each<[string, (results: RowsOutput[]) => RowsOutput[]]>([
    [
      'a result of another task',
      (results) => results.with(2, { ...results[2]!, output: results[1]!.output }), // three tasks
    ],
    ['a result without its tensor', (results) => results.with(1, { ...results[1]!, output: [] })],
  ])('refuses %s', async (_, spoil) => {
    const { store, stage, results } = staged({ rowCount: 5, rowsPerTask: 2 });
    const { read, write } = store;
    expect(
      await assembleStage({ stage, needed, results: spoil(results), read, write }),
    ).toMatchObject({
      failure: { code: 'shape_mismatch' },
    });
  });

  it.each<[string, (results: RowsOutput[]) => RowsOutput[]]>([
    ['a row twice', (results) => results.toSpliced(1, 0, results[0]!)], // three tasks
    ['a row never', (results) => results.toSpliced(1, 1)],
    ['the last rows never', (results) => results.toSpliced(2, 1)],
    ['rows in another order', (results) => results.toReversed()],
  ])('asserts that it is not given %s', async (_, spoil) => {
    const { store, stage, results } = staged({ rowCount: 5, rowsPerTask: 2 });
    const { read, write } = store;
    const assembled = assembleStage({ stage, needed, results: spoil(results), read, write });
    await expect(assembled).rejects.toThrow('broken invariant');
  });

  it.each([5, INLINE_TENSOR_BYTES_MAX / 16 + 1])(
    'fails, of %i rows, when a result cannot be read',
    async (rowCount) => {
      const { stage, results } = staged({ rowCount, rowsPerTask: 1000 });
      const { read, write } = new MemoryTensors();
      expect(await assembleStage({ stage, needed, results, read, write })).toMatchObject({
        failure: { code: 'input_invalid' },
      });
    },
  );

  it.each([5, INLINE_TENSOR_BYTES_MAX / 16 + 1])(
    'fails, of %i rows, when a read gives fewer bytes than it should',
    async (rowCount) => {
      const { store, stage, results } = staged({ rowCount, rowsPerTask: 1000 });
      const assembled = await assembleStage({
        stage,
        needed,
        results,
        write: store.write,
        read: async (ref) => {
          const tensor = valueOf(await store.read(ref));
          return succeed({ ...tensor, bytes: tensor.bytes.subarray(1) });
        },
      });
      expect(assembled).toMatchObject({ failure: { code: 'bytes_mismatch' } });
    },
  );

  it('neither reads nor joins what nobody needs', async () => {
    const { store, stage, results } = staged({ rowCount: 5, rowsPerTask: 2 });
    const { read, write, readBytes } = store;
    const made = await assembleStage({ stage, needed: new Set(), results, read, write });
    expect(valueOf(made)).toEqual([]);
    expect(store.readBytes).toBe(readBytes);
  });

  it('fails when the store wrote another number of bytes', async () => {
    const { store, stage, results } = staged({ rowCount: 10_000, rowsPerTask: 1000 });
    const assembled = await assembleStage({
      stage,
      needed,
      results,
      read: store.read,
      write: async (chunks) => {
        const written = valueOf(await store.write(chunks));
        return succeed({ ...written, byteLength: written.byteLength - 1 });
      },
    });
    expect(assembled).toMatchObject({ failure: { code: 'bytes_mismatch' } });
  });
});

function staged({ rowCount, rowsPerTask }: { rowCount: number; rowsPerTask: number }) {
  const store = new MemoryTensors();
  const results: RowsOutput[] = [];
  for (let start = 0; start < rowCount; start += rowsPerTask) {
    const end = Math.min(rowCount, start + rowsPerTask);
    results.push({ rows: { start, end }, output: [store.put(numbered({ start, end }))] });
  }
  const stage: PlannedStage = {
    work: {
      program: { kind: 'graph', nodes: [] },
      inputs: [],
      outputs: [{ name: 'y', dtype: 'float32', rowShape: [COLUMNS] }],
    },
    requirement: { primitives: [], memoryBytes: 0, rowBytes: 0 },
    rowCount,
    cut: { kind: 'fixed', rowsPerTask },
    msPerRow: 1,
    contents: [],
  };
  return { store, stage, results };
}

/** Rows whose every element is its index in the whole. */
function numbered({ start, end }: { start: number; end: number }) {
  const count = (end - start) * COLUMNS;
  return float32(
    [end - start, COLUMNS],
    Array.from({ length: count }, (_, i) => start * COLUMNS + i),
  );
}
