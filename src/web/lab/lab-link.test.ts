import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LAB_LINK_CHARS_MAX } from '../../domain/limits.ts';
import { encodeBase64url } from '../../integrity/index.ts';
import { labRunFromFile, labRunFromHash, labRunToHash, labRunToJson } from './lab-link.ts';
import type { LabRun } from './lab-run.ts';
import { rooflineOf } from './roofline.ts';

const RUN: LabRun = {
  operator: 'softmax',
  size: [128, 768],
  label: 'Chromium 156, Linux',
  madeAtMs: 1_800_000_000_000,
  ceilings: {
    ...{ floatsPerSecond: 5e10, bytesPerSecond: 1.2e11 },
    ...{ memoryPerSecond: 1e10, copyPerSecond: 5e9 },
  },
  gpuCeilings: {
    ...{ floatsPerSecond: 2e12, bytesPerSecond: 4e12 },
    ...{ memoryPerSecond: 2e11, copyPerSecond: 1.8e11 },
  },
  results: [
    {
      ...{ contender: 'wasm', kind: 'ran', isRight: true, share: 0.11 },
      worst: { at: [3, 7], actual: 0.25, expected: 0.24, allowed: 0.1 },
      ...{ medianMs: 0.3, leastMs: 0.2, mostMs: 0.9, runs: 99, operations: 98_304, bytes: 786_432 },
    },
    {
      ...{ contender: 'ort-wasm', kind: 'ran', isRight: false, share: null },
      worst: { at: [0, 0], actual: NaN, expected: -Infinity, allowed: 0.1 },
      ...{ medianMs: 0.3, leastMs: 0, mostMs: 0.9, runs: 3, operations: 98_304, bytes: 786_432 },
    },
    { contender: 'webgpu', kind: 'failed', why: 'there is no WebGPU here' },
  ],
};

/** The address of a run of which some parts were changed by whoever made it. */
function hashOf(changes: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify({ version: 1, ...RUN, results: [], ...changes });
  return `#run=${encodeBase64url(new TextEncoder().encode(text))}`;
}

const WORST = { at: [0], actual: 1, expected: 2, allowed: 0 };
const RAN = { ...RUN.results[0], worst: null };

describe('a link to a run', () => {
  it('gives back what it was made of, numbers that are none included', () => {
    expect(labRunFromHash(labRunToHash(RUN))).toEqual({ ok: true, value: RUN });
    expect(labRunFromHash(`#${labRunToHash(RUN)}`)).toEqual({ ok: true, value: RUN });
  });

  it('is taken with nothing measured', () => {
    const none = { ceilings: null, gpuCeilings: null };
    expect(labRunFromHash(hashOf(none))).toMatchObject({ ok: true, value: none });
  });

  it('is taken without what a GPU can do, as it was made before', () => {
    const former = labRunFromHash(hashOf({ gpuCeilings: undefined }));
    expect(former).toMatchObject({ ok: true, value: { gpuCeilings: null } });
  });

  it.each<[string, string]>([
    ['is too long', `#run=${'a'.repeat(LAB_LINK_CHARS_MAX)}`],
    ['is no base64url', '#run=!!'],
    ['is no text', `#run=${encodeBase64url(new Uint8Array([0xff, 0xfe]))}`],
    ['is no JSON', `#run=${encodeBase64url(new TextEncoder().encode('{'))}`],
    ['is a list', `#run=${encodeBase64url(new TextEncoder().encode('[]'))}`],
    ['is of another version', hashOf({ version: 2 })],
    ['names no operator', hashOf({ operator: 'launch' })],
    ['has a size of many parts', hashOf({ size: [1, 2, 3, 4] })],
    ['has a size that is not whole', hashOf({ size: [1.5] })],
    ['has a negative size', hashOf({ size: [-1] })],
    ['has a size that would take all memory', hashOf({ size: [65_536, 65_536] })],
    ['has two results of one contender', hashOf({ results: [RAN, RAN] })],
    ['has a long label', hashOf({ label: 'x'.repeat(121) })],
    ['has no ceilings', hashOf({ ceilings: {} })],
    ['has a ceiling of nothing', hashOf({ ceilings: { ...RUN.ceilings, memoryPerSecond: 0 } })],
    ['has too many results', hashOf({ results: Array.from({ length: 8 }, () => RAN) })],
    ['has an unknown contender', hashOf({ results: [{ ...RAN, contender: 'me' }] })],
    ['has a result of no kind', hashOf({ results: [{ ...RAN, kind: 'won' }] })],
    ['took no time', hashOf({ results: [{ ...RAN, medianMs: 0 }] })],
    ['took next to no time', hashOf({ results: [{ ...RAN, medianMs: 5e-324 }] })],
    ['has next to no operations', hashOf({ results: [{ ...RAN, operations: 5e-324 }] })],
    ['has next to no ceiling', hashOf({ ceilings: { ...RUN.ceilings, bytesPerSecond: 1e-300 } })],
    ['took for ever', hashOf({ results: [{ ...RAN, mostMs: 1e300 }] })],
    [
      'has a place in many dimensions',
      hashOf({ results: [{ ...RAN, worst: { ...WORST, at: [1, 2, 3, 4, 5] } }] }),
    ],
    [
      'has an element of text',
      hashOf({ results: [{ ...RAN, worst: { ...WORST, actual: '<b>' } }] }),
    ],
    [
      'has a long reason',
      hashOf({ results: [{ contender: 'wasm', kind: 'failed', why: 'x'.repeat(301) }] }),
    ],
  ])('that %s is refused', (_, hash) => {
    const refused = labRunFromHash(hash);
    expect(refused.ok).toBe(false);
    if (refused.ok) return;
    expect(['input_malformed', 'limit_exceeded']).toContain(refused.failure.code);
  });

  it('that is taken can be drawn, whatever numbers stand there', () => {
    const number = fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(1e-9, 1, 1e3, 1e18) },
      { weight: 1, arbitrary: fc.constantFrom(0, 5e-324, 1e-300, 1e300) },
      { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
    );
    const some = { medianMs: number, operations: number, bytes: number };
    const ceilings = {
      ...{ floatsPerSecond: number, bytesPerSecond: number },
      ...{ memoryPerSecond: number, copyPerSecond: number },
    };
    fc.assert(
      fc.property(fc.record(some), fc.record(ceilings), fc.record(ceilings), (numbers, of, gpu) => {
        const results = [{ ...RAN, ...numbers }];
        const read = labRunFromHash(hashOf({ ceilings: of, gpuCeilings: gpu, results }));
        const chart = read.ok ? rooflineOf(read.value) : null;
        const lines = chart?.roofs.flatMap(({ line }) => line) ?? [];
        for (const { x, y } of [...(chart?.points ?? []), ...lines]) {
          expect(Number.isFinite(x) && Number.isFinite(y)).toBe(true);
        }
        expect(chart?.x.ticks.length ?? 0).toBeLessThan(100);
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives a file back as well, and says what another file is not', () => {
    const bytes = new TextEncoder().encode(labRunToJson(RUN));
    expect(labRunFromFile(bytes)).toEqual({ ok: true, value: RUN });
    const refused = labRunFromFile(bytes.subarray(1));
    expect(refused).toMatchObject({ ok: false, failure: { code: 'input_malformed' } });
    expect(refused.ok ? '' : refused.failure.message).toContain('this file holds no result');
  });

  it('never throws, whatever stands there', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const hash = `#run=${encodeBase64url(new TextEncoder().encode(text))}`;
        expect(typeof labRunFromHash(hash).ok).toBe('boolean');
      }),
    );
  });
});
