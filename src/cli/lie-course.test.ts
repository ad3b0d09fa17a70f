import { describe, expect, it } from 'vitest';
import { followLies, lieEndWords } from './lie-course.ts';

const NEW = { accepted: 0, rejected: 0, pending: 0, quarantine: null };
const saw = (tasksReported: number, standing: Partial<typeof NEW> | null) => ({
  counters: { tasksReported },
  standing: standing === null ? null : { ...NEW, ...standing },
});

describe('what becomes of a liar', () => {
  it('is caught with the first result that is rejected, and stays so', () => {
    const { note, course } = followLies();
    note(saw(0, null), 500);
    note(saw(0, {}), 1_000);
    note(saw(2, { pending: 2 }), 2_000);
    note(saw(3, { accepted: 2, pending: 1 }), 3_000);
    expect(course().caught).toBeNull();
    note(saw(4, { accepted: 2, rejected: 1 }), 4_500);
    note(saw(9, { accepted: 5, rejected: 4 }), 9_000);
    expect(course()).toEqual({
      results: 9,
      accepted: 5,
      caught: { results: 4, accepted: 2, afterMs: 2_500 },
    });
    expect(lieEndWords(course(), 4)).toBe(
      'Told 4 lies in 9 results. Caught after 4 results, in 2.5 s; 2 accepted before.',
    );
  });

  it('does not count what its key did before', () => {
    const { note, course } = followLies();
    note(saw(0, { accepted: 100, rejected: 7 }), 1_000);
    note(saw(1, { accepted: 101, rejected: 7 }), 2_000);
    expect(course()).toEqual({ results: 1, accepted: 1, caught: null });
    expect(lieEndWords(course(), 1)).toBe('Told 1 lie in 1 result. Not caught: 1 accepted.');
  });

  it('is nothing before it joined', () => {
    expect(lieEndWords(followLies().course(), 0)).toBe(
      'Told 0 lies in 0 results. Not caught: 0 accepted.',
    );
  });
});
