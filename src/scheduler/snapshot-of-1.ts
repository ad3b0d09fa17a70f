import { FIRST_RULES } from './rules.ts';
import type { AgentColumns, JobRecord, Snapshot, StageRecord } from './snapshot-format.ts';

/** A snapshot from before there were rules, records, origins and provisional results. */
export type SnapshotOf1 = Omit<Snapshot, 'rules' | 'agents' | 'jobs'> & {
  readonly agents: Omit<AgentColumns, 'marks' | 'origins'>;
  readonly jobs: readonly (Omit<JobRecord, 'stage'> & {
    readonly stage: Omit<StageRecord, 'rowsSampled' | 'rowsAgreed'>;
  })[];
};

/** The same state in the format of now. A key's record is what was accepted of it, if all was. */
export function snapshotFrom1({ agents, jobs, ...rest }: SnapshotOf1): Snapshot {
  const numbers = new Float64Array(agents.numbers.slice().buffer);
  const marks = new Int32Array(numbers.length / 2);
  for (let index = 0; index < numbers.length / 6; index++) {
    const [, accepted = 0, rejected = 0] = numbers.subarray(index * 6);
    marks.set([rejected === 0 ? accepted : 0, 0, 0], index * 3);
  }
  return {
    ...rest,
    rules: FIRST_RULES,
    agents: { ...agents, marks: new Uint8Array(marks.buffer), origins: [] },
    jobs: jobs.map(({ stage, ...job }) => {
      return { ...job, stage: { ...stage, rowsSampled: 0, rowsAgreed: 0 } };
    }),
  };
}
