import type { JobView } from '../domain/job.ts';
import { formatBytes } from './human-bytes.ts';

const BAR_CELLS = 24;

/** "[######------]" for a share of 0 to 1. */
export function progressBar(share: number): string {
  const full = Math.round(Math.min(Math.max(share, 0), 1) * BAR_CELLS);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_CELLS - full)}]`;
}

/** How far a job is, 0 to 1: stages count alike, rows within a stage. */
export function jobShare(job: JobView): number {
  if (job.state === 'done') return 1;
  const rows = job.rowCount === 0 ? 0 : job.rowsAccepted / job.rowCount;
  return job.stageCount === 0 ? 0 : (job.stage + rows) / job.stageCount;
}

/** Where the watching began: what is left is judged by what was seen, not by former waiting. */
export type WatchStart = { readonly atMs: number; readonly share: number };

/** One line about a job at work, cut to a width. */
export function jobLine(
  job: JobView,
  of: { readonly nowMs: number; readonly width: number; readonly since: WatchStart },
): string {
  const share = jobShare(job);
  const stage = job.stageCount > 1 ? [`stage ${job.stage + 1} of ${job.stageCount}`] : [];
  const parts = [
    `${progressBar(share)} ${percent(share)}`,
    ...stage,
    `${grouped(job.rowsAccepted)} of ${grouped(job.rowCount)} rows`,
    stateWords(job),
    ...timeLeft(job, of),
  ];
  return parts.join('  ').slice(0, Math.max(of.width - 1, 0));
}

/** What a job waits for or who is at it, in words. */
export function stateWords(job: JobView): string {
  if (job.state === 'queued') return 'waiting for an agent';
  if (job.state !== 'running') return job.state;
  const agents = job.contributorCount === 1 ? '1 agent' : `${job.contributorCount} agents`;
  if (job.tasksLeased > 0 || job.tasksChecking === 0) return agents;
  const results = job.tasksChecking === 1 ? 'a result' : `${job.tasksChecking} results`;
  return `${agents}, checking ${results}`;
}

/** One line about bytes that move, cut to a width. */
export function transferLine(
  what: string,
  of: { readonly doneBytes: number; readonly totalBytes: number; readonly width: number },
): string {
  const share = of.totalBytes === 0 ? 1 : of.doneBytes / of.totalBytes;
  const amount = `${formatBytes(of.doneBytes)} of ${formatBytes(of.totalBytes)}`;
  const text = `${progressBar(share)} ${percent(share)}  ${amount}  ${what}`;
  return text.slice(0, Math.max(of.width - 1, 0));
}

/**
 * Whether a log without a terminal needs another line: at another state, at each tenth, at the
 * end.
 */
export function isNewsworthy(former: JobView | null, job: JobView): boolean {
  if (former === null || former.state !== job.state) return true;
  return Math.floor(jobShare(former) * 10) !== Math.floor(jobShare(job) * 10);
}

/** "2:05" or "1:02:05" for a duration. */
export function clockTime(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const tail = String(seconds % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}

/** A count with its thousands apart: 10,000. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Rounded down, so that 100 % means the end. */
function percent(share: number): string {
  return `${String(Math.floor(share * 100)).padStart(3)} %`;
}

/** An estimate only once it means something: a twentieth was done in at least two seconds. */
function timeLeft(job: JobView, of: { nowMs: number; since: WatchStart }): readonly string[] {
  const share = jobShare(job);
  const gained = share - of.since.share;
  const elapsedMs = of.nowMs - of.since.atMs;
  if (job.state !== 'running' || gained < 0.05 || elapsedMs < 2000) return [];
  return [`about ${clockTime((elapsedMs / gained) * (1 - share))} left`];
}
