import { describe, expect, it } from 'vitest';
import { formatBytes, parseHumanBytes } from './human-bytes.ts';

describe('parseHumanBytes', () => {
  it.each([
    ['0', 0],
    ['1048576', 1_048_576],
    ['1b', 1],
    ['2GiB', 2_147_483_648],
    ['2 gib', 2_147_483_648],
    ['2GB', 2_000_000_000],
    ['1.5g', 1_610_612_736],
    ['500 MB', 500_000_000],
    ['64k', 65_536],
  ])('reads %s as %i', (text, bytes) => {
    expect(parseHumanBytes(text)).toBe(bytes);
  });

  it.each(['', ' ', 'GiB', '-1', '1e9', '2 GiBs', '1,5g', '2gx', '1constructor', '99999999tb'])(
    'refuses "%s"',
    (text) => {
      expect(parseHumanBytes(text)).toBeNull();
    },
  );
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1_258_291, '1.2 MiB'],
    [104_857_600, '100 MiB'],
    [17_179_869_184, '16.0 GiB'],
  ])('shows %i as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
