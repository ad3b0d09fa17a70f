// How fast an agent is, measured by what it did: the time that its tasks took over the time that
// the planner expected, for each kind of work. A device says nothing of itself that would have to be
// believed; one that tells false times gets tasks of a size that does not suit it.
import { SPEEDS_PER_AGENT_MAX } from '../domain/limits.ts';
import type { Agent, RequirementGroup, Stage } from './state.ts';

// The weight of the last task in the mean. Share.
const LAST_WEIGHT = 0.5;
// Times beyond these are taken for errors of measuring. Times.
const SLOWNESS_MIN = 1e-4;
const SLOWNESS_MAX = 1e4;
// A time told as 0 ms is some time.
const MS_MIN = 0.25;

/** How many times longer than planned an agent takes for a kind of work; null: not known yet. */
export function slownessOf(agent: Agent, group: RequirementGroup): number | null {
  return agent.slowness?.get(group.primitiveBits) ?? null;
}

/** Time that some rows of a stage are expected to take an agent. Milliseconds. */
export function expectedMs(agent: Agent, stage: Stage, rows: number): number {
  return rows * stage.plan.msPerRow * (slownessOf(agent, stage.group) ?? 1);
}

/** Learns from a task that an agent computed. */
export function noteSpeed(
  agent: Agent,
  stage: Stage,
  took: { readonly rows: number; readonly computeMs: number },
): void {
  const planned = took.rows * stage.plan.msPerRow;
  if (!(planned > 0)) return;
  const ratio = Math.max(MS_MIN, took.computeMs) / planned;
  const measured = Math.min(SLOWNESS_MAX, Math.max(SLOWNESS_MIN, ratio));
  const kind = stage.group.primitiveBits;
  agent.slowness ??= new Map();
  const known = agent.slowness.get(kind);
  if (known === undefined && agent.slowness.size >= SPEEDS_PER_AGENT_MAX) {
    for (const oldest of agent.slowness.keys()) {
      agent.slowness.delete(oldest);
      break;
    }
  }
  agent.slowness.set(
    kind,
    known === undefined ? measured : known + LAST_WEIGHT * (measured - known),
  );
}
