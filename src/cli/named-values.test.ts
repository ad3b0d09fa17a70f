import { describe, expect, it } from 'vitest';
import { assignNames, parseNamedValue } from './named-values.ts';

describe('parseNamedValue', () => {
  it.each([
    ['x.npy', null, 'x.npy'],
    ['input=x.npy', 'input', 'x.npy'],
    ['StatefulCall:0=a/b.npy', 'StatefulCall:0', 'a/b.npy'],
    ['x=a=b.npy', 'x', 'a=b.npy'],
    ['=x.npy', null, '=x.npy'],
    ['x=', 'x', ''],
  ])('%s', (text, name, value) => {
    expect(parseNamedValue(text)).toEqual({ name, value });
  });
});

describe('assignNames', () => {
  const one = { flag: '--input', names: ['x'], isComplete: true };
  const two = { ...one, names: ['x', 'y'] };

  it('gives a value alone to the only name', () => {
    const outcome = assignNames(['a.npy'], one);
    expect(outcome).toEqual({ ok: true, value: new Map([['x', 'a.npy']]) });
  });

  it('takes names in any order', () => {
    const outcome = assignNames(['y=b', 'x=a'], two);
    expect(outcome).toMatchObject({
      ok: true,
      value: new Map([
        ...([
          ['y', 'b'],
          ['x', 'a'],
        ] as const),
      ]),
    });
  });

  it.each([
    ['a value alone among several names', ['a.npy'], two, /needs a name.*x, y/],
    ['an unknown name', ['z=a'], two, /no "z".*x, y/],
    ['a name given twice', ['x=a', 'x=b'], two, /twice/],
    ['an empty value', ['x=', 'y=b'], two, /names no value/],
    ['a missing name', ['x=a'], two, /--input y=… is missing/],
    ['none where one is needed', [], one, /--input x=… is missing/],
    ['a value where nothing takes one', ['a'], { ...one, names: [] }, /Nothing takes --input/],
  ])('refuses %s', (_, texts, options, message) => {
    const outcome = assignNames(texts, options);
    expect(outcome).toMatchObject({
      ok: false,
      failure: { code: 'config_invalid', message: expect.stringMatching(message) },
    });
  });

  it('lets names go without values where not all are needed', () => {
    expect(assignNames([], { ...two, isComplete: false })).toEqual({ ok: true, value: new Map() });
  });
});
