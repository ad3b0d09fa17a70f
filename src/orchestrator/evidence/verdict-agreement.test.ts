import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../domain/checking.ts';
import { isSameVerdict, wrongElementIn } from './verdict-agreement.ts';

const accepted: Verdict = { kind: 'accepted' };
const rejected = (reason: string): Verdict => ({ kind: 'rejected', reason });
const found = rejected('output "y": element 3 of row 7 is 1.5, recomputed 2.25');

describe('two verdicts', () => {
  it.each([
    ['both accept', accepted, accepted, true],
    ['one accepts', accepted, found, false],
    ['the other accepts', found, accepted, false],
    ['both name the same claim', found, found, true],
    [
      'what was recomputed differs in its last digits',
      found,
      rejected('output "y": element 3 of row 7 is 1.5, recomputed 2.2500001'),
      true,
    ],
    [
      'the claim differs',
      found,
      rejected('output "y": element 3 of row 7 is 1.6, recomputed 2.25'),
      false,
    ],
    [
      'the place differs',
      found,
      rejected('output "y": element 4 of row 7 is 1.5, recomputed 2.25'),
      false,
    ],
    [
      'the reasons have no numbers and are one',
      rejected('cannot be read'),
      rejected('cannot be read'),
      true,
    ],
    [
      'the reasons have no numbers and are two',
      rejected('cannot be read'),
      rejected('no tensor'),
      false,
    ],
  ])('where %s', (_, one, other, isSame) => {
    expect(isSameVerdict(one, other)).toBe(isSame);
  });
});

describe('the wrong element in a reason', () => {
  it.each([
    ['element 0 after row 0 is -3, recomputed 4e-7', 'element 0 after row 0', '-3', '4e-7'],
    [
      'output "is x": element 1 of row 2 is NaN, recomputed 1',
      'output "is x": element 1 of row 2',
      'NaN',
      '1',
    ],
  ])('of %s', (reason, place, claimed, right) => {
    expect(wrongElementIn(reason)).toEqual({ place, claimed, right });
  });

  it('is none where none is named', () => {
    expect(wrongElementIn('the result does not fit its task')).toBeNull();
  });
});
