// Front door of the room: a running orchestrator, its configuration, its key for the CLI,
// and its checks of evidence.
export { proofOfCanary } from './access/lying-agents.ts';
export { findApiKey, findOperatorKey, isLoopback } from './access/secret-keys.ts';
export {
  configFlags,
  configWith,
  dataFolder,
  printConfig,
  resolveConfig,
  type ConfigFlag,
  type ConfigSources,
} from './config/config.ts';
export { SETTINGS, type LogLevel, type OrchestratorConfig } from './config/settings.ts';
export { replayEvidence, type Replay } from './evidence/replay-evidence.ts';
export { lineLogger, type LogFields, type Logger } from './logger.ts';
export {
  startOrchestrator,
  type OrchestratorParts,
  type RunningOrchestrator,
} from './orchestrator.ts';
