import { describe, expect, it } from 'vitest';
import { parseChecking, parseRowsPerTask } from './checking-option.ts';

describe('parseChecking', () => {
  it.each([
    ['auto', { kind: 'auto' }],
    ['twice', { kind: 'twice' }],
    ['recompute:0.1', { kind: 'recompute', share: 0.1 }],
    ['recompute:.5', { kind: 'recompute', share: 0.5 }],
    ['recompute:1', { kind: 'recompute', share: 1 }],
  ])('reads %s', (text, policy) => {
    expect(parseChecking(text)).toEqual({ ok: true, value: policy });
  });

  it.each([
    '',
    'thrice',
    'recompute',
    'recompute:',
    'recompute:0',
    'recompute:1.01',
    'recompute:-1',
  ])('refuses "%s"', (text) => {
    expect(parseChecking(text)).toMatchObject({ failure: { code: 'config_invalid' } });
  });
});

describe('parseRowsPerTask', () => {
  it.each([
    [undefined, null],
    ['1', 1],
    ['1000000', 1_000_000],
  ])('reads %s as %s', (text, rows) => {
    expect(parseRowsPerTask(text)).toEqual({ ok: true, value: rows });
  });

  it.each(['', '0', '1000001', '1.5', '-1', 'all'])('refuses "%s"', (text) => {
    expect(parseRowsPerTask(text)).toMatchObject({ failure: { code: 'config_invalid' } });
  });
});
