import { expect, it } from 'vitest';
import type { CanonicalValue } from '../../integrity/index.ts';
import { standingFrom } from './standing-view.ts';

const ROW = {
  ...{ untilMs: 5_000, evidence: 'a check failed', judge: 'log', atMs: 1_000 },
  ...{ appeal: null, decision: null },
};
const QUARANTINED = { untilMs: 5_000, evidence: 'a check failed', appeal: null, decision: null };

function standing(change: { readonly [name: string]: CanonicalValue }, amnesty?: CanonicalValue) {
  return standingFrom({ ...ROW, ...change }, { amnesty, nowMs: 4_000 });
}

it('shows a quarantine with its appeal and what was decided', () => {
  expect(standing({})).toEqual(QUARANTINED);
  const appeal = { atMs: 2_000, words: 'it was the driver' };
  expect(standing({ appeal })).toEqual({ ...QUARANTINED, appeal });
  const decision = { judge: 'other', atMs: 3_000, lift: false, words: 'it was not' };
  expect(standing({ appeal, decision })).toEqual({
    ...QUARANTINED,
    appeal,
    decision: { judge: 'other', words: 'it was not' },
  });
});

it('shows none that is over or forgiven', () => {
  expect(standing({ untilMs: 4_000 })).toBeNull();
  expect(standing({}, { atMs: 1_000, words: 'our fault' })).toBeNull();
  expect(standing({}, { atMs: 999, words: 'before it' })).toEqual(QUARANTINED);
  expect(standingFrom(undefined, { amnesty: undefined, nowMs: 0 })).toBeNull();
});

it('shows none where the row is something else', () => {
  for (const row of [null, 3, 'x', [], new Uint8Array(3), { untilMs: '5000' }]) {
    expect(standingFrom(row, { amnesty: undefined, nowMs: 0 })).toBeNull();
  }
  expect(standing({ appeal: 'x', decision: [], evidence: 7 })).toEqual({
    ...QUARANTINED,
    evidence: '',
  });
});
