import { assert } from '../domain/assert.ts';
import type { JobId } from '../domain/ids.ts';
import type { StageWork } from '../domain/work.ts';
import type { StageOfJob, Store } from './log/store.ts';

export type NamedWork = {
  readonly work: StageWork;
  /** Of its job, as its producer gave it. */
  readonly jobName: string;
};

/** The works of stages that are leased now, each as one object however often it is asked for. */
export type StageWorks = {
  /** Asserts that the stage was planned. Rejects as the store does. */
  of(stage: StageOfJob): Promise<NamedWork>;
  /** The same where it was read already; null where it must be asked for with `of`. */
  known(stage: StageOfJob): NamedWork | null;
  forget(job: JobId): void;
};

/** Works by stage: read from the store once, and forgotten with their job. */
export function stageWorks(store: Store): StageWorks {
  const jobs = new Map<JobId, Map<number, Reading>>();

  const read = async ({ job, stage }: StageOfJob): Promise<NamedWork> => {
    const [stored, work] = await Promise.all([store.job(job), store.work({ job, stage })]);
    assert(stored !== null, `job ${job} is in the log and in the store`);
    assert(work !== null, `stage ${stage} of ${job} was planned`);
    return { work, jobName: stored.spec.name };
  };

  const readingOf = ({ job, stage }: StageOfJob): Reading => {
    const works = jobs.get(job) ?? new Map<number, Reading>();
    const known = works.get(stage);
    if (known !== undefined) return known;
    const reading: Reading = { pending: read({ job, stage }), work: null };
    jobs.set(job, works.set(stage, reading));
    reading.pending.then(
      (work) => (reading.work = work),
      // A disk that failed may do better the next time.
      () => works.delete(stage),
    );
    return reading;
  };

  return {
    of: (stage) => readingOf(stage).pending,
    known: ({ job, stage }) => jobs.get(job)?.get(stage)?.work ?? null,
    forget: (job) => void jobs.delete(job),
  };
}

type Reading = { readonly pending: Promise<NamedWork>; work: NamedWork | null };
