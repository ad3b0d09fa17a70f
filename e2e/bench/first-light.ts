import type { Suite } from './figure.ts';
import { firstAccepted } from './first-accepted.ts';
import { pageKib } from './page-kib.ts';
import { tabEfficiency } from './tab-efficiency.ts';
import { tinyTasksPerSecond } from './tiny-tasks.ts';

/** One tab and one orchestrator, end to end. */
export const firstLight: Suite = {
  name: 'first-light',
  measurements: [tabEfficiency, tinyTasksPerSecond, firstAccepted, pageKib],
};
