import { describe, expect, it } from 'vitest';
import { parseChecking, parseDeadline, parseRowsPerTask, parseWeight } from './job-terms.ts';

describe('parseChecking', () => {
  it.each([
    ['adaptive', { kind: 'adaptive' }],
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

describe('parseWeight', () => {
  it.each([
    [undefined, 1],
    ['1', 1],
    ['100', 100],
  ])('reads %s', (text, weight) => {
    expect(parseWeight(text)).toEqual({ ok: true, value: weight });
  });

  it.each(['', '0', '101', '1.5', '-1', '1e2'])('refuses "%s"', (text) => {
    expect(parseWeight(text)).toMatchObject({ failure: { code: 'config_invalid' } });
  });
});

describe('parseDeadline', () => {
  it.each([
    [undefined, null],
    ['1s', 1_000],
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['12h', 43_200_000],
    ['365d', 31_536_000_000],
  ])('reads %s', (text, deadlineMs) => {
    expect(parseDeadline(text)).toEqual({ ok: true, value: deadlineMs });
  });

  it.each(['', '0s', '366d', '10', '1w', '-1h', '1.5h'])('refuses "%s"', (text) => {
    expect(parseDeadline(text)).toMatchObject({ failure: { code: 'config_invalid' } });
  });
});
