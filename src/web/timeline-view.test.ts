import { describe, expect, it } from 'vitest';
import type { Moment, Timeline } from '../simulation/timeline.ts';
import { countSpans, marksOf, nearestMoment, pathOf, xOf } from './timeline-view.ts';

const moment = (atMs: number): Moment => ({ kind: 'faults-over', atMs, lane: '' });
const timeline: Timeline = {
  lanes: [
    { kind: 'orchestrator', name: 'orchestrator', spans: [], marksMs: [500] },
    {
      kind: 'honest',
      name: 'agent 0',
      spans: [
        { kind: 'up', fromMs: 0, toMs: 1_000 },
        { kind: 'accepted', fromMs: 100, toMs: 300 },
      ],
      marksMs: [],
    },
  ],
  moments: [],
  momentsLeftOut: 0,
  faultsMs: 800,
  endMs: 1_000,
};

describe('a timeline', () => {
  it('is drawn with the end at the right edge', () => {
    expect([0, 250, 1_000].map((atMs) => xOf(timeline, atMs))).toEqual([0, 250, 1_000]);
  });

  it('draws the spans of one kind at their lane', () => {
    expect(pathOf(timeline, 'accepted')).toBe('M100.0 24h200.0v12h-200.0z');
    expect(pathOf(timeline, 'lost')).toBe('');
    expect(marksOf(timeline)).toBe('M500.0 2v16');
  });

  it('counts spans by kind', () => {
    expect(countSpans(timeline.lanes[1]!, 'accepted')).toBe(1);
  });

  it.each([
    [[], 5, -1],
    [[10], 500, 0],
    [[10, 20, 30], 24, 1],
    [[10, 20], 15, 0],
  ])('finds among %j the moment nearest to %i: %i', (instants, atMs, index) => {
    expect(nearestMoment(instants.map(moment), atMs)).toBe(index);
  });
});
