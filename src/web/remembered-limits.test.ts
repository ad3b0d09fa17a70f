import { describe, expect, it } from 'vitest';
import { defaultLimits, deviceRoom, limitsFromText } from './remembered-limits.ts';

const GIB = 1024 ** 3;
const ROOM = deviceRoom({ hardwareConcurrency: 8, deviceMemory: 8 });

describe('deviceRoom', () => {
  it('offers at most half of the memory', () => {
    expect(ROOM.memorySteps.at(-1)).toBe(4 * GIB);
  });

  it('offers something on the smallest device', () => {
    const small = deviceRoom({ hardwareConcurrency: 0, deviceMemory: 0.25 });
    expect(small).toEqual({ logicalCores: 1, memorySteps: [GIB / 4] });
  });

  it('takes a device that tells nothing to have 4 GB', () => {
    expect(deviceRoom({ hardwareConcurrency: 2 }).memorySteps.at(-1)).toBe(2 * GIB);
  });
});

describe('limitsFromText', () => {
  it('gives back what was stored', () => {
    const limits = { lanes: 3, memoryBytes: 2 * GIB, backend: 'wasm' };
    expect(limitsFromText(JSON.stringify(limits), ROOM)).toEqual(limits);
  });

  it.each([null, '', 'null', '7', '[]', '{', '{"lanes":"3","backend":"cuda"}'])(
    'gives the defaults for %s',
    (stored) => {
      expect(limitsFromText(stored, ROOM)).toEqual(defaultLimits(ROOM));
    },
  );

  it('lends half of the cores and 1 GB by default', () => {
    expect(defaultLimits(ROOM)).toEqual({ lanes: 4, memoryBytes: GIB, backend: 'auto' });
  });

  it.each([
    [0, 1],
    [1, 1],
    [8, 8],
    [9, 8],
  ])('fits %d stored lanes to the 8 cores of this device: %d', (stored, lanes) => {
    expect(limitsFromText(JSON.stringify({ lanes: stored }), ROOM).lanes).toBe(lanes);
  });

  it.each([
    [1, GIB / 4],
    [3 * GIB, 2 * GIB],
    [64 * GIB, 4 * GIB],
  ])('fits %d stored bytes to an amount on offer: %d', (stored, memoryBytes) => {
    expect(limitsFromText(JSON.stringify({ memoryBytes: stored }), ROOM).memoryBytes).toBe(
      memoryBytes,
    );
  });
});
