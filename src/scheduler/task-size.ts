// How many rows an agent gets in one task. A phone and a workstation that share a job both get
// tasks of about TASK_TARGET_MS: the stage is cut when it is leased, not when it is planned. Towards
// its end tasks get smaller, so that all who are able have a share of it (guided self-scheduling,
// Polychronopoulos and Kuck 1987).
import { TASK_FIRST_MS, TASK_SHARED_MS_MIN, TASK_TARGET_MS } from '../domain/limits.ts';
import { slownessOf } from './speed.ts';
import type { Agent, Stage } from './state.ts';

// Tasks of the rows that are left which each able lane is to find. Count.
const SHARES_A_LANE = 2;

/** Rows of the next task of a stage for an agent. */
export function rowsForNext(agent: Agent, stage: Stage): number {
  const { cut } = stage.plan;
  if (cut.kind === 'fixed') return cut.rowsPerTask;
  const lanes = Math.max(1, stage.group.ableLanes);
  const shared = Math.ceil(stage.fresh.count / (lanes * SHARES_A_LANE));
  const worth = rowsIn(agent, stage, TASK_SHARED_MS_MIN);
  return rowsFitting(agent, stage, Math.max(shared, worth));
}

/** Rows that suit an agent, whatever is left of the stage. */
export function rowsOfItsSize(agent: Agent, stage: Stage): number {
  return rowsFitting(agent, stage, Infinity);
}

/** Rows that the memory of one of an agent's lanes holds, of a stage that it covers. */
export function rowsHeld(agent: Agent, stage: Stage): number {
  const { cut, requirement } = stage.plan;
  // The requirement is of as many rows as the producer wants.
  if (cut.kind === 'fixed' || requirement.rowBytes <= 0) return Infinity;
  const laneBytes = agent.presence?.device.offer.laneBytes ?? 0;
  const spareBytes = Math.max(0, laneBytes - requirement.memoryBytes);
  return cut.grainRows + spareBytes / requirement.rowBytes;
}

/** How many tasks some rows are counted as while nobody has asked for them. */
export function tasksIn(stage: Stage, rows: number): number {
  const { cut, msPerRow } = stage.plan;
  if (cut.kind === 'fixed') return Math.ceil(rows / cut.rowsPerTask);
  const target = Math.floor(TASK_TARGET_MS / msPerRow);
  return Math.ceil(rows / Math.max(cut.grainRows, Math.min(cut.rowsMax, target)));
}

function rowsFitting(agent: Agent, stage: Stage, most: number): number {
  const { cut } = stage.plan;
  if (cut.kind === 'fixed') return cut.rowsPerTask;
  const { grainRows, rowsMax } = cut;
  const isKnown = slownessOf(agent, stage.group) !== null;
  const timely = rowsIn(agent, stage, isKnown ? TASK_TARGET_MS : TASK_FIRST_MS);
  const rows = Math.min(timely, most, rowsMax, rowsHeld(agent, stage));
  return Math.max(1, Math.floor(rows / grainRows)) * grainRows;
}

function rowsIn(agent: Agent, stage: Stage, durationMs: number): number {
  const msPerRow = stage.plan.msPerRow * (slownessOf(agent, stage.group) ?? 1);
  return Math.max(1, Math.floor(durationMs / msPerRow));
}
