import type { ConformanceReport } from '../../domain/capability.ts';
import { crowdSize, type CrowdTest, type KernelTime } from '../../domain/crowd-test.ts';
import { failure, type FailureCode } from '../../domain/failure.ts';
import { KERNEL_TIME_US_MAX } from '../../domain/limits.ts';
import { OPERATORS, type BackendName, type OperatorName } from '../../domain/operator.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { runConformance } from '../conformance.ts';
import { KERNEL_BUILD } from '../gen/build.ts';
import type { Kernels } from '../kernels.ts';
import { median } from '../workshop/median.ts';
import { elementWords } from '../wrong-elements.ts';
import { runTrial, type Trial } from './trial.ts';

/** What a crowd test finds of a device; who it is of is added by whoever publishes it. */
export type CrowdFindings = Pick<CrowdTest, 'kernelBuild' | 'conformance' | 'times'>;

/** How far it is: what is tried now, and which of how many. */
export type CrowdStep = {
  readonly operator: OperatorName;
  readonly backend: BackendName;
  readonly index: number;
  readonly count: number;
};

/**
 * Tries every operator of these kernels on its published vectors, and times it where they pass.
 *
 * What is timed is held against the reference, too: a result that is wrong there has failed.
 *
 * Errors: canceled; device_lost and out_of_memory, which say nothing of what is computed rightly.
 */
export async function runCrowdTest(
  backends: readonly Kernels[],
  of: {
    /** Any clock, in milliseconds. */
    readonly nowMs: () => number;
    readonly signal: AbortSignal;
    readonly onStep: (step: CrowdStep) => void;
  },
): Promise<Outcome<CrowdFindings>> {
  const tried = backends.flatMap((kernels) =>
    OPERATORS.filter((name) => kernels.operators.has(name)).map((operator) => {
      return { kernels, operator };
    }),
  );
  const conformance: ConformanceReport[] = [];
  const times: KernelTime[] = [];
  for (const [index, { kernels, operator }] of tried.entries()) {
    if (of.signal.aborted) return fail(failure('canceled', 'the crowd test was stopped'));
    of.onStep({ operator, backend: kernels.backend, index, count: tried.length });
    const found = await findingsOf(kernels, { ...of, operator });
    if (!found.ok) return found;
    conformance.push(found.value.report);
    if (found.value.time !== null) times.push(found.value.time);
  }
  return succeed({ kernelBuild: KERNEL_BUILD, conformance, times });
}

type Findings = { readonly report: ConformanceReport; readonly time: KernelTime | null };

async function findingsOf(
  kernels: Kernels,
  of: {
    readonly operator: OperatorName;
    readonly nowMs: () => number;
    readonly signal: AbortSignal;
  },
): Promise<Outcome<Findings>> {
  const { operator } = of;
  const { backend } = kernels;
  const [report] = await runConformance(kernels, [operator]);
  if (report === undefined || !report.passed) {
    const detail = report?.detail ?? 'not tried';
    return succeed({ report: { primitive: operator, backend, passed: false, detail }, time: null });
  }
  const trial = await runTrial(kernels, { ...of, size: crowdSize(operator) });
  if (!trial.ok) {
    const { code, message } = trial.failure;
    if (UNSAID.has(code)) return trial;
    return succeed({ report: { ...report, passed: false, detail: message }, time: null });
  }
  const wrong = wrongOf(trial.value);
  if (wrong !== null) {
    return succeed({ report: { ...report, passed: false, detail: wrong }, time: null });
  }
  return succeed({ report, time: { operator, backend, medianUs: medianUsOf(trial.value) } });
}

/** Says nothing of whether the backend computes rightly. */
const UNSAID: ReadonlySet<FailureCode> = new Set(['canceled', 'device_lost', 'out_of_memory']);

function wrongOf({ held, size }: Trial): string | null {
  return held.kind === 'right' ? null : `${size.join(' x ')}: ${elementWords(held.worst)}`;
}

function medianUsOf({ runsMs }: Trial): number {
  return Math.min(Math.max(1, Math.round(median(runsMs) * 1000)), KERNEL_TIME_US_MAX);
}
