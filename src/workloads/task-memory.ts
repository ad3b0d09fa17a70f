import { assertNever } from '../domain/assert.ts';
import type { Outcome } from '../domain/outcome.ts';
import { succeed } from '../domain/outcome.ts';
import { auditMemory } from './audit/audit-memory.ts';
import { modelMemory } from './inference/model-memory.ts';
import { graphMemory } from './operators/graph-memory.ts';
import type { StageMemory, StageTypes } from './stage-memory.ts';

/**
 * What tasks of a stage hold at most, from what every agent is told of them.
 *
 * The same for whoever plans, and so for whom the scheduler gives tasks to, as for the agent that
 * looks whether a task fits into what its owner lends.
 * Errors: those of `graphMemory`.
 */
export function stageMemory(stage: StageTypes): Outcome<StageMemory> {
  const { program } = stage;
  switch (program.kind) {
    case 'model':
      return succeed(modelMemory({ ...stage, program }));
    case 'audit':
      return succeed(auditMemory(stage));
    case 'graph':
      return graphMemory({ ...stage, program });
    default:
      return assertNever(program);
  }
}
