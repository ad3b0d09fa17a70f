import { describe, expect, it } from 'vitest';
import type { LabResult, LabRun } from './lab-run.ts';
import { placeOn, rooflineOf } from './roofline.ts';

// 10 GB/s and 40 GFLOP/s: memory is no longer what holds a calculation up from 4 operations a byte on.
const CEILINGS = {
  ...{ floatsPerSecond: 40e9, bytesPerSecond: 120e9 },
  ...{ memoryPerSecond: 10e9, copyPerSecond: 8e9 },
};
const ran = (operations: number, medianMs: number): LabResult => ({
  ...{ contender: 'wasm', kind: 'ran', isRight: true, share: 0, worst: null },
  ...{ medianMs, leastMs: medianMs, mostMs: medianMs, runs: 1, operations, bytes: 1e6 },
});
const FAILED: LabResult = { contender: 'webgpu', kind: 'failed', why: 'none' };

function runWith(changes: Partial<LabRun>): LabRun {
  const of = { operator: 'matmul', size: [1, 1, 1], label: '', madeAtMs: 0 } as const;
  return { ...of, ceilings: CEILINGS, gpuCeilings: null, results: [ran(2e6, 1)], ...changes };
}

describe('a roofline', () => {
  it('slopes with what memory gives, and is flat at the peak', () => {
    const chart = rooflineOf(runWith({}));
    expect(chart?.points).toEqual([{ contender: 'wasm', x: 2, y: 2 }]);
    const line = [
      { x: 1, y: 10 },
      { x: 4, y: 40 },
      { x: 10, y: 40 },
    ];
    expect(chart?.roofs).toEqual([{ of: 'core', line }]);
    expect(chart?.x).toEqual({ from: 1, to: 10, ticks: [1, 10] });
    expect(chart?.y).toEqual({ from: 1, to: 100, ticks: [1, 10, 100] });
  });

  it('slopes with what copying gives, where that is more than reading', () => {
    const ceilings = { ...CEILINGS, copyPerSecond: 20e9 };
    expect(rooflineOf(runWith({ ceilings }))?.roofs[0]?.line[1]).toEqual({ x: 2, y: 40 });
  });

  it('has the peak of bytes for products of bytes', () => {
    for (const operator of ['qmatmul', 'qlinear'] as const) {
      expect(rooflineOf(runWith({ operator }))?.roofs[0]?.line.at(-1)?.y).toBe(120);
    }
  });

  it('begins where the slope enters the chart', () => {
    const chart = rooflineOf(runWith({ results: [ran(1e4, 0.001)] }));
    expect(chart?.x.from).toBe(0.01);
    expect(chart?.y.from).toBe(10);
    expect(chart?.roofs[0]?.line[0]).toEqual({ x: 1, y: 10 });
  });

  it('has the roof of the GPU beside that of a core, and room for both', () => {
    const gpuCeilings = { ...CEILINGS, floatsPerSecond: 2e12, copyPerSecond: 400e9 };
    const chart = rooflineOf(runWith({ gpuCeilings }));
    expect(chart?.roofs.map(({ of, line }) => [of, line.at(-1)?.y])).toEqual([
      ['core', 40],
      ['gpu', 2000],
    ]);
    expect(chart?.roofs[1]?.line[1]).toEqual({ x: 5, y: 2000 });
    expect(chart?.y.to).toBe(10_000);
  });

  it('has no roof where none was measured, and is none where nothing ran', () => {
    expect(rooflineOf(runWith({ ceilings: null }))).toMatchObject({ roofs: [] });
    expect(rooflineOf(runWith({ results: [FAILED] }))).toBeNull();
  });

  it('places values by their logarithms', () => {
    const scale = { from: 0.1, to: 1000, ticks: [] };
    expect(placeOn(scale, 0.1)).toBe(0);
    expect(placeOn(scale, 10)).toBeCloseTo(0.5);
    expect(placeOn(scale, 1000)).toBeCloseTo(1);
  });
});
