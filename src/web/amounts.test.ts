import { describe, expect, it } from 'vitest';
import {
  bytesWords,
  countdownWords,
  countOf,
  countWords,
  durationWords,
  percentWords,
  rateWords,
  shortCountWords,
  shortTimeWords,
  wholeDurationWords,
} from './amounts.ts';

const MIB = 1024 * 1024;

describe('numbers', () => {
  it.each([
    [0, '0'],
    [9_891, '9,891'],
    [1_234_567, '1,234,567'],
  ])('writes the count %d as %s', (count, words) => {
    expect(countWords(count)).toBe(words);
  });

  it.each([
    [999_999, '999,999'],
    [1_000_000, '1M'],
    [1_250_000, '1.3M'],
  ])('shortens the count %d to %s', (count, words) => {
    expect(shortCountWords(count)).toBe(words);
  });

  it.each([
    [0, '0 tasks'],
    [1, '1 task'],
    [2, '2 tasks'],
    [1_000, '1,000 tasks'],
  ])('counts %d as %s', (count, words) => {
    expect(countOf(count, { one: 'task', many: 'tasks' })).toBe(words);
  });

  it.each([
    [0, '0'],
    [0.44, '0.4'],
    [9.94, '9.9'],
    [10.4, '10'],
    [1_204, '1,204'],
  ])('writes the rate %d as %s', (rate, words) => {
    expect(rateWords(rate)).toBe(words);
  });

  it.each([
    [0.84, '0.8 µs'],
    [1, '1 µs'],
    [9.96, '10 µs'],
    [999, '999 µs'],
    [1_000, '1 ms'],
    [2_740, '2.7 ms'],
    [9_990, '10 ms'],
    [1_240_400, '1,240 ms'],
  ])('writes %d microseconds as %s', (timeUs, words) => {
    expect(shortTimeWords(timeUs)).toBe(words);
  });

  it.each([
    [512 * 1024, '512 KB'],
    [256 * MIB, '256 MB'],
    [1024 * MIB, '1 GB'],
    [1536 * MIB, '1.5 GB'],
  ])('writes %d bytes as %s', (bytes, words) => {
    expect(bytesWords(bytes)).toBe(words);
  });

  it.each([
    [0, 0, '0%'],
    [0, 10, '0%'],
    [9_999, 10_000, '99%'],
    [10_000, 10_000, '100%'],
  ])('says 100%% of %d of %d only when all is done', (done, total, words) => {
    expect(percentWords(done, total)).toBe(words);
  });
});

describe('durations', () => {
  it.each([
    [-5, '0.0 s'],
    [440, '0.4 s'],
    [2_000, '2.0 s'],
    [9_999, '9.9 s'],
    [10_000, '10 s'],
    [59_999, '59 s'],
    [60_000, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [3_600_000, '1 h 00 min'],
    [172_799_000, '47 h 59 min'],
    [172_800_000, '2 days'],
  ])('writes %d ms as %s', (ms, words) => {
    expect(durationWords(ms)).toBe(words);
  });

  it('writes whole seconds for what ticks', () => {
    expect(wholeDurationWords(2_900)).toBe('2 s');
  });

  it.each([
    [0, '0 s'],
    [1, '1 s'],
    [2_000, '2 s'],
    [2_001, '3 s'],
  ])('rounds the %d ms that are left up to %s', (ms, words) => {
    expect(countdownWords(ms)).toBe(words);
  });
});
