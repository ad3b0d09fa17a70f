import { assert } from '../domain/assert.ts';
import type { JobPlan } from './job-plan.ts';

/**
 * The outputs of a stage that the producer or a later stage gets.
 *
 * The others are witnesses: reported so that results can be checked without computing them again,
 * and not assembled.
 */
export function neededOutputs(plan: JobPlan, stage: number): ReadonlySet<string> {
  const outline = plan.stages[stage];
  assert(outline !== undefined, `the job has a stage ${stage}`);
  const wanted = new Set(plan.outputs);
  for (const later of plan.stages.slice(stage + 1)) {
    for (const { name } of later.inputs) wanted.add(name);
  }
  return new Set(outline.outputs.map(({ name }) => name).filter((name) => wanted.has(name)));
}
