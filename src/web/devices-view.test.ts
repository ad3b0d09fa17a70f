import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { Backend, DeviceConformanceSchema } from '../wire/index.ts';
import {
  deviceRowsFrom,
  failuresOf,
  filterRows,
  groupOf,
  timedOf,
  type DevicesFilter,
} from './devices-view.ts';

const test = (primitive: string, backend: Backend, passedKeys: number, failedKeys: number) => ({
  ...{ primitive, backend, passedKeys, failedKeys },
  failureDetail: failedKeys > 0 ? 'why' : '',
  ...(primitive === 'matmul' && { timedKeys: 2, medianUs: 70n }),
});
const DEVICE = create(DeviceConformanceSchema, {
  software: 'Chromium 156',
  adapter: 'a GPU',
  keys: 3,
  lastSeenAtMs: 5n,
  resultsAccepted: 7n,
  resultsRejected: 1n,
  primitives: [
    test('matmul', Backend.WEBGPU, 3, 0),
    test('tanh', Backend.WEBGPU, 0, 3),
    test('exp', Backend.WEBGPU, 2, 1),
    test('invented', Backend.WEBGPU, 3, 0),
    test('tanh', Backend.WASM, 3, 0),
    test('tanh', 99 as Backend, 3, 0),
  ],
});
const rows = deviceRowsFrom([DEVICE]);

describe('rows of devices', () => {
  it('are one a backend, without what this page does not know', () => {
    expect(rows.map(({ backend, tests }) => [backend, tests.length])).toEqual([
      ['webgpu', 3],
      ['wasm', 1],
    ]);
    expect(rows[0]).toMatchObject({ keys: 3, resultsAccepted: 7, resultsRejected: 1 });
  });

  it('tell what is right, wrong and right on some devices only', () => {
    const [webgpu, wasm] = rows;
    const verdicts = webgpu?.tests.map(({ primitive, verdict }) => [primitive, verdict]);
    expect(verdicts).toEqual([
      ['matmul', 'right'],
      ['tanh', 'wrong'],
      ['exp', 'partly'],
    ]);
    expect(webgpu && failuresOf(webgpu).map(({ detail }) => detail)).toEqual(['why', 'why']);
    expect(wasm && failuresOf(wasm)).toEqual([]);
    expect(webgpu && groupOf(webgpu, 'functions')).toEqual({
      ...{ tried: 2, right: 0, wrong: 1, partly: 1 },
    });
    expect(webgpu && groupOf(webgpu, 'elements').tried).toBe(0);
  });

  it('tell how fast it is, where a key told', () => {
    const [webgpu, wasm] = rows;
    expect(webgpu && timedOf(webgpu)).toMatchObject([
      { primitive: 'matmul', time: { keys: 2, medianUs: 70 } },
    ]);
    expect(wasm && timedOf(wasm)).toEqual([]);
  });

  it.each<[DevicesFilter, string[]]>([
    [{ backend: 'all', failuresOnly: false }, ['webgpu', 'wasm']],
    [{ backend: 'wasm', failuresOnly: false }, ['wasm']],
    [{ backend: 'native', failuresOnly: false }, []],
    [{ backend: 'all', failuresOnly: true }, ['webgpu']],
    [{ backend: 'wasm', failuresOnly: true }, []],
  ])('are filtered by %j', (filter, left) => {
    expect(filterRows(rows, filter).map(({ backend }) => backend)).toEqual(left);
  });
});
