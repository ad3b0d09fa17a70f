import { percentWords, wholeDurationWords } from '../amounts.ts';
import type { JobState, JobView } from '../../domain/job.ts';
import { Badge, type Tone } from '../primitives/badge.tsx';
import { Panel } from '../primitives/panel.tsx';
import { ProgressBar } from '../primitives/progress-bar.tsx';
import { JOB_STATE_NAMES, NETWORK } from '../text.ts';
import styles from './jobs-list.module.css';

type JobsListProps = {
  readonly jobs: readonly JobView[];
  readonly openCount: number;
  /** When the jobs stood so. */
  readonly atMs: number;
};

/** Open jobs and those that ended last, each with how far it has come. */
export function JobsList({ jobs, openCount, atMs }: JobsListProps) {
  return (
    <Panel title={NETWORK.jobs} aside={NETWORK.jobsOpen(openCount)}>
      {jobs.length === 0 ? <p className={styles.empty}>{NETWORK.jobsEmpty}</p> : null}
      <ul className={styles.list}>
        {jobs.map((job) => (
          <JobItem key={job.job} job={job} atMs={atMs} />
        ))}
      </ul>
    </Panel>
  );
}

const TONES: Readonly<Record<JobState, Tone>> = {
  queued: 'quiet',
  running: 'good',
  done: 'good',
  failed: 'bad',
  canceled: 'quiet',
};

function JobItem({ job, atMs }: { readonly job: JobView; readonly atMs: number }) {
  const rows = NETWORK.jobRows(job.rowsAccepted, job.rowCount);
  const isOver = job.state === 'failed' || job.state === 'canceled';
  const barTone = job.state === 'failed' ? 'bad' : job.state === 'canceled' ? 'quiet' : 'good';
  return (
    <li className={styles.job}>
      <div className={styles.head}>
        <h3 className={styles.name}>{job.name}</h3>
        <Badge tone={TONES[job.state]}>{JOB_STATE_NAMES[job.state]}</Badge>
        <span className={styles.percent}>
          {isOver ? null : percentWords(job.rowsAccepted, job.rowCount)}
        </span>
      </div>
      <ProgressBar
        label={NETWORK.jobProgressLabel(job.name)}
        done={job.rowsAccepted}
        total={job.rowCount}
        words={rows}
        tone={barTone}
      />
      <p className={styles.facts}>{[rows, ...factsOf(job, atMs)].join(' · ')}</p>
      {job.failure === null ? null : <p className={styles.failure}>{job.failure.message}</p>}
    </li>
  );
}

function factsOf(job: JobView, atMs: number): string[] {
  const ran = wholeDurationWords((job.endedAtMs ?? atMs) - job.submittedAtMs);
  return [
    NETWORK.jobKinds[job.workload],
    ...(job.stageCount > 1 ? [NETWORK.jobStage(job.stage + 1, job.stageCount)] : []),
    ...(job.tasksLeased > 0 ? [NETWORK.jobLeased(job.tasksLeased)] : []),
    ...(job.tasksChecking > 0 ? [NETWORK.jobChecking(job.tasksChecking)] : []),
    ...(job.rowsSampled > 0 ? [NETWORK.jobSampled(job.rowsSampled)] : []),
    ...(job.rowsAgreed > 0 ? [NETWORK.jobAgreed(job.rowsAgreed)] : []),
    ...(job.rowsAccepted > 0 && job.rowsSampled + job.rowsAgreed === 0
      ? [NETWORK.jobCheckedWhole]
      : []),
    ...(job.contributorCount > 0 ? [NETWORK.jobContributors(job.contributorCount)] : []),
    job.endedAtMs === null ? NETWORK.jobRunsFor(ran) : NETWORK.jobTook(ran),
  ];
}
