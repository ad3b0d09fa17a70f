import type { Suite } from './figure.ts';
import { tinyTasksPerSecond } from './tiny-tasks.ts';

/** One tab and one orchestrator, end to end. */
export const firstLight: Suite = {
  name: 'first-light',
  measurements: [tinyTasksPerSecond],
};
