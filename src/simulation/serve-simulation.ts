import { simulate } from './simulate.ts';
import { drawTimeline } from './timeline.ts';
import type { FromSimulator, ToSimulator } from './worker-message.ts';

/** Answers a page from within a worker: runs what it asks for, and draws the timeline. */
export async function serveSimulation(
  { options }: ToSimulator,
  post: (message: FromSimulator) => void,
): Promise<void> {
  const timeline = drawTimeline();
  const result = await simulate(options, {
    onRecord: (record) => timeline.see(record),
    onProgress: (progress) => post({ kind: 'progress', ...progress }),
  });
  post({ kind: 'done', result, timeline: timeline.end(result.virtualMs) });
}
