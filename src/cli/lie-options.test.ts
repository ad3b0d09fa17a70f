import { describe, expect, it } from 'vitest';
import { LIE_NAMES } from '../agent/lies/lie.ts';
import { lieListing, parseLie, type LieOptions } from './lie-options.ts';

describe('the options of liars', () => {
  it.each<[LieOptions, object | null]>([
    [{}, null],
    [{ lie: 'scaled' }, { kind: 'scaled', rate: 1, after: null, secret: '' }],
    [{ lie: 'scaled', rate: '1' }, { rate: 1 }],
    [{ lie: 'scaled', rate: '0.001' }, { rate: 0.001 }],
    [{ lie: 'scaled', lieAfter: '0' }, { after: 0 }],
    [{ lie: 'scaled', lieAfter: '1000000' }, { after: 1_000_000 }],
    [{ lie: 'colluding-pair', lieSecret: 'x'.repeat(200) }, { secret: 'x'.repeat(200) }],
  ])('%j are taken', (options, plan) => {
    const parsed = parseLie(options);
    expect(parsed).toMatchObject({ ok: true, value: plan });
  });

  it.each<[LieOptions, RegExp]>([
    [{ lie: 'white' }, /--lie white.*one-element/],
    [{ lie: 'scaled', rate: '0' }, /--rate 0 .*above 0/],
    [{ lie: 'scaled', rate: '1.01' }, /--rate 1\.01/],
    [{ lie: 'scaled', rate: '1e-3' }, /--rate 1e-3/],
    [{ lie: 'scaled', rate: '' }, /--rate /],
    [{ lie: 'scaled', lieAfter: '-1' }, /--lie-after -1/],
    [{ lie: 'scaled', lieAfter: '1.5' }, /--lie-after 1\.5/],
    [{ lie: 'scaled', lieAfter: '1000001' }, /--lie-after 1000001/],
    [{ lie: 'colluding-pair', lieSecret: 'x'.repeat(201) }, /--lie-secret/],
    [{ rate: '0.5' }, /--rate .*with --lie/],
    [{ lieAfter: '5' }, /--lie-after .*with --lie/],
    [{ lieSecret: 's' }, /--lie-secret .*with --lie/],
  ])('%j are refused', (options, message) => {
    const refused = { code: 'config_invalid', message: expect.stringMatching(message) };
    expect(parseLie(options)).toMatchObject({ failure: refused });
  });
});

it('every kind is listed with a sentence', () => {
  const lines = lieListing().split('\n');
  expect(lines.map((line) => line.trim().split(' ', 1)[0])).toEqual(LIE_NAMES);
  expect(lines.filter((line) => !/^ {2}[a-z-]+ +[A-Z].*\.$/.test(line))).toEqual([]);
  expect(lines.filter((line) => line.length > 100)).toEqual([]);
});
