import { assert } from '../domain/assert.ts';
import type { JobId } from '../domain/ids.ts';
import type { StageWork } from '../domain/work.ts';
import type { StageOfJob, Store } from './log/store.ts';

/** The works of stages that are leased now, each as one object however often it is asked for. */
export type StageWorks = {
  /** Asserts that the stage was planned. */
  of(stage: StageOfJob): StageWork;
  /** The name of a job, as its producer gave it. */
  nameOf(job: JobId): string;
  forget(job: JobId): void;
};

/** Works by stage: read from the store once, and forgotten with their job. */
export function stageWorks(store: Store): StageWorks {
  const jobs = new Map<JobId, { readonly name: string; readonly works: Map<number, StageWork> }>();
  const entryOf = (job: JobId) => {
    const known = jobs.get(job);
    if (known !== undefined) return known;
    const stored = store.job(job);
    assert(stored !== null, `job ${job} is in the log and in the store`);
    const entry = { name: stored.spec.name, works: new Map<number, StageWork>() };
    jobs.set(job, entry);
    return entry;
  };
  return {
    of({ job, stage }) {
      const { works } = entryOf(job);
      const known = works.get(stage);
      if (known !== undefined) return known;
      const work = store.work({ job, stage });
      assert(work !== null, `stage ${stage} of ${job} was planned`);
      works.set(stage, work);
      return work;
    },
    nameOf: (job) => entryOf(job).name,
    forget: (job) => void jobs.delete(job),
  };
}
