// What agents hold: the models and whole inputs that they fetched for tasks. Kept so that an agent
// goes on with what it has, as long as that is fair; see fair-share.ts.
import { CONTENTS_PER_AGENT_MAX } from '../domain/limits.ts';
import type { BlobRef } from '../domain/work.ts';
import type { Agent, Content, Job, SchedulerState } from './state.ts';

/** The contents of a stage, each as one object for all jobs that need it. */
export function contentsOf(state: SchedulerState, blobs: readonly BlobRef[]): readonly Content[] {
  return blobs.map(({ blob, byteLength }) => {
    const known = state.contents.get(blob);
    if (known !== undefined) return known;
    const content: Content = { id: blob, byteLength, jobs: new Set() };
    state.contents.set(blob, content);
    return content;
  });
}

/** A job needs its contents no more; what no open job needs is forgotten. */
export function releaseContents(state: SchedulerState, job: Job): void {
  for (const content of job.stage.contents) {
    content.jobs.delete(job);
    if (content.jobs.size === 0) state.contents.delete(content.id);
  }
}

/** An agent fetches contents for a task, if it does not hold them. */
export function holdContents(agent: Agent, contents: readonly Content[]): void {
  for (const { id } of contents) {
    if (agent.contents.at(-1) === id) continue;
    const at = agent.contents.indexOf(id);
    if (at !== -1) agent.contents.splice(at, 1);
    agent.contents.push(id);
    if (agent.contents.length > CONTENTS_PER_AGENT_MAX) agent.contents.shift();
  }
}

/** Bytes of some contents that an agent need not fetch. */
export function heldBytes(agent: Agent, contents: readonly Content[]): number {
  let bytes = 0;
  for (const { id, byteLength } of contents) if (agent.contents.includes(id)) bytes += byteLength;
  return bytes;
}

/** Contents that an agent holds and that open jobs need, the latest first. */
export function neededContents(state: SchedulerState, agent: Agent): Content[] {
  const needed = [];
  for (let at = agent.contents.length - 1; at >= 0; at--) {
    const content = state.contents.get(agent.contents[at] ?? '');
    if (content !== undefined) needed.push(content);
  }
  return needed;
}
