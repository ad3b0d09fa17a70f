import type { History } from '../history.ts';
import type { VirtualTime } from '../kernel/virtual-time.ts';
import type { MakeChecker, Violation } from './checker.ts';
import { CHECKER_NAMES, type CheckerName } from './checker-names.ts';
import { creditExact } from './credit-exact.ts';
import { fairShares } from './fair-shares.ts';
import { honestTrusted } from './honest-trusted.ts';
import { jobsEnd } from './jobs-end.ts';
import { noBugs } from './no-bugs.ts';
import { nothingLost } from './nothing-lost.ts';
import { outputsTrue } from './outputs-true.ts';
import { withinLimits } from './within-limits.ts';

const CHECKERS: Readonly<Record<CheckerName, MakeChecker>> = {
  'nothing-lost': nothingLost,
  'outputs-true': outputsTrue,
  'credit-exact': creditExact,
  'jobs-end': jobsEnd,
  'within-limits': withinLimits,
  'fair-shares': fairShares,
  'honest-trusted': honestTrusted,
  'no-bugs': noBugs,
};

/** Violations kept of one checker: the first tell it, the rest follow from them. Count. */
const VIOLATIONS_KEPT = 5;

/** Has all checkers look at a history; `end` gives what they found, in the order of finding. */
export function runCheckers(of: { readonly history: History; readonly time: VirtualTime }): {
  end(): readonly Violation[];
} {
  const violations: Violation[] = [];
  const checkers = CHECKER_NAMES.map((checker) => {
    let count = 0;
    return CHECKERS[checker]((message) => {
      count += 1;
      if (count > VIOLATIONS_KEPT) return;
      violations.push({ checker, atMs: of.time.nowMs, message });
    });
  });
  of.history.listen((record) => {
    for (const checker of checkers) checker.see(record);
  });
  return {
    end() {
      for (const checker of checkers) checker.end?.();
      return violations;
    },
  };
}
