import { describe, expect, it } from 'vitest';
import { TUNING_RECORD_CHARS_MAX } from '../domain/limits.ts';
import { KERNEL_BUILD } from './gen/build.ts';
import { parseTuning, tuningText } from './kept-tuning.ts';
import { PRODUCT_VARIANTS, SUBGROUP_VARIANTS, takingHalves } from './product-variant.ts';

const { thin, small, large } = PRODUCT_VARIANTS;
const CHOICES = {
  matmul: { thin: takingHalves(thin[1]), small: small[2], large: SUBGROUP_VARIANTS.large[0] },
  qmatmul: { thin: thin[2], small: small[1], large: large[0] },
};
const TEXT = tuningText({ choices: CHOICES, source: 'timed', untimed: 1 }, 'gpu');

const HAS = { key: 'gpu', hasSubgroups: true } as const;

describe('parseTuning', () => {
  it('reads what was written', () => {
    expect(parseTuning(TEXT, HAS)).toEqual({ choices: CHOICES, source: 'kept', untimed: 1 });
  });

  it.each([
    ['of another GPU', TEXT, 'other'],
    ['of another build', TEXT.replace(KERNEL_BUILD, 'bafkreix'), 'gpu'],
    ['that is cut off', TEXT.slice(0, -1), 'gpu'],
    ['that is empty', '', 'gpu'],
    ['that is no object', 'null', 'gpu'],
    ['that is too long', TEXT + ' '.repeat(TUNING_RECORD_CHARS_MAX), 'gpu'],
    ['of a variant that is not there', TEXT.replace(takingHalves(thin[1]).name, 'faster'), 'gpu'],
    [
      'of a variant of another form',
      TEXT.replace(takingHalves(thin[1]).name, small[0].name),
      'gpu',
    ],
    [
      'of a variant of another operator',
      TEXT.replace(thin[2].name, takingHalves(thin[2]).name),
      'gpu',
    ],
    ['without an operator', TEXT.replace('"qmatmul"', '"other"'), 'gpu'],
    ['without a form', TEXT.replace('"large"', '"huge"'), 'gpu'],
    ['with an operator that is null', TEXT.replace(/"qmatmul":\{[^}]*\}/, '"qmatmul":null'), 'gpu'],
    ['with a count that is none', TEXT.replace('"untimed":1', '"untimed":"1"'), 'gpu'],
    ['with a count below zero', TEXT.replace('"untimed":1', '"untimed":-1'), 'gpu'],
  ])('ignores a record %s', (_, text, key) => {
    expect(parseTuning(text, { ...HAS, key })).toBeNull();
  });

  it('ignores a record of a feature that the device has no more', () => {
    expect(parseTuning(TEXT, { ...HAS, hasSubgroups: false })).toBeNull();
  });
});
