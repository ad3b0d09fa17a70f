// Front door of the room: a whole network in one process, under one seed.
export { CHECKER_NAMES, type CheckerName } from './checkers/checker-names.ts';
export type { Violation } from './checkers/checker.ts';
export {
  ALL_FAULTS,
  FAULT_KINDS,
  FAULTS,
  type FaultKind,
  type FaultSelection,
} from './faults/fault-kind.ts';
export type { HistoryRecord } from './history.ts';
export { simulate, type SimulationProgress, type SimulationResult } from './simulate.ts';
export {
  DEFAULT_AGENTS,
  DEFAULT_MINUTES,
  SIMULATED_AGENTS_MAX,
  SIMULATED_JOBS_MAX,
  SIMULATED_MINUTES_MAX,
  simulationOptions,
  type SimulationOptions,
} from './simulation-options.ts';
export { faultsText, parseFaults } from './faults/fault-text.ts';
export { replayCommand } from './replay-command.ts';
export { shrink } from './shrink.ts';
