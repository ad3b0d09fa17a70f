import type { JobView } from './job.ts';

/** What views did not tell before results were verified in several ways. */
type LaterFacts = 'rowsSampled' | 'rowsAgreed' | 'checks';

/** A job as it stood when it ended, kept by this program or an older one. */
export type KeptView = Omit<JobView, LaterFacts> & Partial<Pick<JobView, LaterFacts>>;

/** The view that was kept; what it does not tell is none. */
export function viewKept(view: KeptView): JobView {
  const { rowsSampled = 0, rowsAgreed = 0, checks = [] } = view;
  return { ...view, rowsSampled, rowsAgreed, checks };
}
