import type { Line } from '../figure.ts';
import type { HonestRun } from './honest-results.ts';
import type { Tally } from './tally.ts';
import type { CrowdName, RuleName } from './worlds.ts';

/** What the trust suite found by now; tables are made of it. */
export type Findings = {
  operators: Tally | null;
  model: Tally | null;
  patient: Tally | null;
  compared: ReadonlyMap<RuleName, ReadonlyMap<CrowdName, Tally>> | null;
  honest: (HonestRun & { readonly name: string })[];
  /** Backends that are not here, and why. */
  absent: { readonly name: string; readonly why: string }[];
  /** Shares of checking, as measured. */
  shares: readonly Line[];
  /** Costs of checking by operator and size. */
  costs: readonly Line[];
};

export function noFindings(): Findings {
  return {
    operators: null,
    model: null,
    patient: null,
    compared: null,
    honest: [],
    absent: [],
    shares: [],
    costs: [],
  };
}
