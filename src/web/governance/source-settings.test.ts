import { expect, it } from 'vitest';
import { firstFunction } from '../../execution-machine/index.ts';
import { settingsIn } from './source-settings.ts';

it('reads the price list out of the source of credits', () => {
  const source = firstFunction('credits', { recorders: ['key'], prices: { matmul: 1, gelu: 3 } });
  expect(settingsIn(source)).toEqual({
    prices: [
      { work: 'matmul', units: 1 },
      { work: 'gelu', units: 3 },
    ],
    quorum: null,
    votingMs: null,
    delayMs: null,
  });
});

it('reads the rules out of the source of governance', () => {
  const source = firstFunction('governance', {
    founder: 'key',
    quorum: 100,
    votingMs: 2_000,
    delayMs: 3_000,
  });
  expect(settingsIn(source)).toEqual({ prices: [], quorum: 100, votingMs: 2_000, delayMs: 3_000 });
});

it.each([
  ['', null],
  ['export function handle() {}', null],
  ['const settings = {;\n', null],
  ['const settings = {"prices": {"a": "1", "b": 2}};', [{ work: 'b', units: 2 }]],
  ['const settings = {"prices": [1, 2]};', []],
  ['const settings = {"prices": null};', []],
])('takes nothing for a price that is none: %s', (source, prices) => {
  expect(settingsIn(source)?.prices ?? null).toEqual(prices);
});
