import { expect, it } from 'vitest';
import { encodeCanonical, type CanonicalValue } from '../../integrity/index.ts';
import { proposalFrom, stepOf, voteFrom, type ProposalView } from './proposal-view.ts';

const ROW = {
  function: 'bafy-credits',
  code: 'bafy-code',
  words: 'Pay more for attention.',
  discussion: 'https://example.org/1',
  by: 'key',
  closesAtMs: 1_000,
  enactsAtMs: null,
  yes: 30,
  no: 10,
  state: 'open',
};

function rowOf(change: { readonly [key: string]: CanonicalValue }, key = 'proposal/12') {
  return { key, value: encodeCanonical({ ...ROW, ...change }) };
}

function view(change: Partial<ProposalView>): ProposalView {
  const found = proposalFrom(rowOf({}));
  if (found === null) throw new Error('a proposal');
  return { ...found, ...change };
}

it('reads a proposal out of its row', () => {
  expect(proposalFrom(rowOf({}))).toEqual({ ...ROW, number: 12, state: 'open' });
});

it.each([
  ['https://example.org/a b', 'https://example.org/a%20b'],
  ['', null],
  ['javascript:alert(1)', null],
  ['http://example.org', null],
  ['https://user@example.org', null],
  ['https://', null],
])('takes %s for the link %s', (discussion, link) => {
  expect(proposalFrom(rowOf({ discussion }))?.discussion).toBe(link);
});

it.each([
  rowOf({ state: 'unheard-of' }),
  rowOf({ words: 7 }),
  rowOf({ yes: null }),
  rowOf({}, 'proposal/12/3'),
  rowOf({}, 'vote/12/key'),
  { key: 'proposal/1', value: encodeCanonical([1]) },
  { key: 'proposal/1', value: Uint8Array.of(255) },
])('takes no other row for a proposal', (row) => {
  expect(proposalFrom(row)).toBeNull();
});

it.each([
  [view({}), 999, 'vote'],
  [view({}), 1_000, 'close'],
  [view({ state: 'rejected' }), 5_000, 'none'],
  [view({ state: 'accepted', enactsAtMs: 2_000 }), 1_999, 'wait'],
  [view({ state: 'accepted', enactsAtMs: 2_000 }), 2_000, 'enact'],
  [view({ state: 'enacted', enactsAtMs: 2_000 }), 5_000, 'none'],
])('knows what is next', (proposal, nowMs, step) => {
  expect(stepOf(proposal, nowMs)).toBe(step);
});

it('reads a vote out of its row, and nothing else', () => {
  const vote = (value: CanonicalValue) =>
    voteFrom({ key: 'vote/12/key', value: encodeCanonical(value) });
  expect(vote([true, 5])).toEqual({ key: 'key', yes: true, weight: 5 });
  expect(vote([1, 5])).toBeNull();
  expect(vote({ yes: true })).toBeNull();
});
