import { expect, it } from 'vitest';
import { dimensionsIn } from './open-dimensions.ts';

it.each<[string, Record<string, number> | null]>([
  ['', {}],
  [' , ', {}],
  ['batch=4', { batch: 4 }],
  [' batch = 4,sequence=128 ', { batch: 4, sequence: 128 }],
  ['x[0]=1', { 'x[0]': 1 }],
  ['batch=1000000', { batch: 1_000_000 }],
  ['batch=1000001', null],
  ['batch=0', null],
  ['batch=-1', null],
  ['batch=1.5', null],
  ['batch', null],
  ['=4', null],
])('open dimensions written as "%s" are %j', (text, wanted) => {
  const found = dimensionsIn(text);
  expect(found === null ? null : Object.fromEntries(found)).toEqual(wanted);
});
