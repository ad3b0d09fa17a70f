// Results of which only some rows were verified are provisional: they count, but until their stage
// is sealed (all its rows accepted) they are revoked when their key is found to lie.
import { addFresh } from './waiting-tasks.ts';
import { relist } from './fair-share.ts';
import type { Step } from './outbox.ts';
import type { Agent, Job, SchedulerState, Stage } from './state.ts';

/** Notes that an accepted result may be revoked. */
export function noteProvisional(stage: Stage, of: { agent: Agent; index: number; rows: number }) {
  const { agent, index, rows } = of;
  const known = stage.provisional.get(agent.slot);
  if (known === undefined) stage.provisional.set(agent.slot, [index]);
  else known.push(index);
  agent.provisional++;
  stage.rowsSampled += rows;
}

/** What is sealed cannot be revoked any more. */
export function sealResults({ agentSlots }: SchedulerState, stage: Stage): void {
  for (const [slot, indexes] of stage.provisional) {
    const agent = agentSlots[slot];
    if (agent) agent.provisional -= indexes.length;
    for (const index of indexes) stage.accepted.seal(index);
  }
  stage.provisional.clear();
}

/**
 * Revokes an agent's provisional results in all open stages: their rows wait to be computed anew.
 *
 * What was verified completely, or by agreement, stands. O(open jobs + results revoked).
 */
export function revokeProvisional(step: Step, agent: Agent): void {
  if (agent.provisional === 0) return;
  for (const job of step.state.jobs.values()) revokeIn(step, job, agent);
}

function revokeIn(step: Step, job: Job, agent: Agent): void {
  const { state, outbox } = step;
  const { stage } = job;
  const indexes = stage.provisional.get(agent.slot);
  if (indexes === undefined) return;
  stage.provisional.delete(agent.slot);
  agent.provisional -= indexes.length;
  for (const index of indexes.toSorted((a, b) => a - b)) {
    const { lease, rows } = stage.accepted.revoke(index);
    const count = rows.end - rows.start;
    stage.tasksAccepted--;
    stage.rowsAccepted -= count;
    stage.rowsSampled -= count;
    agent.accepted--;
    outbox.revoked({ job: job.id, stage: stage.plan.stage, index, rows, lease, agent: agent.id });
    addFresh(state, stage, rows);
  }
  outbox.jobChanged(job);
  relist(state, job);
  outbox.workAvailable();
}
