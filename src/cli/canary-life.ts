import { succeed, type Outcome } from '../domain/outcome.ts';
import { followLies, type LieCourse } from './lie-course.ts';
import { liarFor, type LiePlan } from './lie-options.ts';

export type CanaryPlan = {
  readonly origin: string;
  readonly operatorKey: string;
  readonly lie: LiePlan;
  /** Longest time that it waits to be caught. */
  readonly lifeMs: number;
  readonly signal: AbortSignal;
};

/** Enough for the tasks of one lane. Bytes. */
const MEMORY_BYTES = 1024 ** 3;

/**
 * Runs one canary, with a new key, until it is caught, its time is over or the signal comes.
 *
 * Errors: what the orchestrator refuses it with, such as "signature_invalid".
 */
export async function runCanaryLife(
  plan: CanaryPlan,
): Promise<Outcome<{ readonly course: LieCourse; readonly told: number }>> {
  const { origin, operatorKey, lie, lifeMs } = plan;
  const [{ runNativeAgent }, { proofOfCanary }] = await Promise.all([
    import('../agent/native/index.ts'),
    import('../orchestrator/index.ts'),
  ]);
  const liar = liarFor(lie);
  const { note, course } = followLies();
  const caught = new AbortController();
  const signal = AbortSignal.any([plan.signal, caught.signal, AbortSignal.timeout(lifeMs)]);
  const ended = await runNativeAgent({
    orchestratorUrls: [origin],
    keyFile: null,
    threads: 1,
    memoryBytes: MEMORY_BYTES,
    backend: 'wasm',
    signal,
    pauseSwitch: () => () => {},
    liar: { ...liar, proveCanary: (challenge) => proofOfCanary({ operatorKey, challenge }) },
    onSnapshot: (snapshot) => {
      note(snapshot, Date.now());
      if (course().caught !== null) caught.abort();
    },
  });
  return ended.ok ? succeed({ course: course(), told: liar.lieCount() }) : ended;
}
