// Front door of the room: a running orchestrator, its configuration, and its key for the CLI.
export { findApiKey, isLoopback } from './access/api-key.ts';
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
export { lineLogger, type LogFields, type Logger } from './logger.ts';
export {
  startOrchestrator,
  type OrchestratorParts,
  type RunningOrchestrator,
} from './orchestrator.ts';
