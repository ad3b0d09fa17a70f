import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentId } from '../../src/domain/ids.ts';
import type { JobView } from '../../src/domain/job.ts';
import type { Standing } from '../../src/domain/standing.ts';

/** Where recorded data folders are: one for each version of the store's format, `version-N`. */
export const HISTORIES = new URL('./', import.meta.url).pathname;

/** What an orchestrator said of its jobs and agents when the folder was recorded. */
export type RecordedHistory = {
  readonly version: number;
  readonly jobs: readonly RecordedJob[];
  readonly agents: readonly { readonly agent: AgentId; readonly standing: Standing }[];
};

export type RecordedJob = {
  readonly view: JobView;
  /** The numbers that the job puts out, or will once it is done; null where it never does. */
  readonly output: readonly number[] | null;
};

export function folderOf(version: number): string {
  return join(HISTORIES, `version-${version}`);
}

export function readHistory(version: number): RecordedHistory {
  // Written by record-history.ts.
  return JSON.parse(readFileSync(join(folderOf(version), 'history.json'), 'utf8'));
}
