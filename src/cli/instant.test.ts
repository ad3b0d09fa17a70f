import { describe, expect, it } from 'vitest';
import { parseInstant } from './instant.ts';

const nowMs = Date.parse('2027-06-15T12:00:00Z');
const parsed = (text: string, from: 'before' | 'after' = 'after') => {
  const instant = parseInstant(text, { option: '--until', nowMs, from });
  return instant.ok ? new Date(instant.value).toISOString() : instant.failure.message;
};

describe('parseInstant', () => {
  it.each([
    ['2027-01-31', '2027-01-31T00:00:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
    ['2027-01-31T12:00', '2027-01-31T12:00:00.000Z'],
    ['2027-01-31T12:00:59Z', '2027-01-31T12:00:59.000Z'],
    ['2027-01-31T23:30-02:00', '2027-02-01T01:30:00.000Z'],
    ['90m', '2027-06-15T13:30:00.000Z'],
    ['2h', '2027-06-15T14:00:00.000Z'],
    ['30d', '2027-07-15T12:00:00.000Z'],
  ])('of %s is %s', (text, instant) => {
    expect(parsed(text)).toBe(instant);
  });

  it('counts back where that is meant', () => {
    expect(parsed('2h', 'before')).toBe('2027-06-15T10:00:00.000Z');
    expect(parsed('2027-01-31', 'before')).toBe('2027-01-31T00:00:00.000Z');
  });

  it.each(['', 'tomorrow', '2027', '2027-13-01', '2027-06-31', '2027-02-29', '12', '-2h', '2y'])(
    'refuses %j, with examples',
    (text) => {
      expect(parsed(text)).toMatch(/^--until .*is no time such as 2027-01-31/);
    },
  );
});
