import { expect, it } from 'vitest';
import { besidePages, pageOf } from './entry-pages.ts';

it.each([
  [null, 0, null],
  [0, 0, null],
  [null, 1, { bundle: 0, start: 0, end: 1 }],
  [null, 256, { bundle: 0, start: 0, end: 256 }],
  [null, 257, { bundle: 1, start: 256, end: 257 }],
  [255, 600, { bundle: 0, start: 0, end: 256 }],
  [256, 600, { bundle: 1, start: 256, end: 512 }],
  [599, 600, { bundle: 2, start: 512, end: 600 }],
  [9_999, 600, { bundle: 2, start: 512, end: 600 }],
  [-1, 600, { bundle: 2, start: 512, end: 600 }],
])('finds the page of entry %s among %s', (index, size, page) => {
  expect(pageOf(index, size)).toEqual(page);
});

it('knows what lies beside a page, and where there is nothing', () => {
  const beside = (index: number) => {
    const page = pageOf(index, 600);
    return page === null ? null : besidePages(page, 600);
  };
  expect(beside(0)).toEqual({ olderIndex: null, newerIndex: 256 });
  expect(beside(300)).toEqual({ olderIndex: 255, newerIndex: 512 });
  expect(beside(599)).toEqual({ olderIndex: 511, newerIndex: null });
});
