// The front door for pages: the agent in a tab, seen from outside its worker.
export type { AgentLimits, BackendChoice } from '../agent-event.ts';
export type { AgentSnapshot, TaskView } from '../agent-snapshot.ts';
export type { SelfTest } from '../broken-device.ts';
export type { AgentCounters, Idle, IdleWhy } from '../agent-state.ts';
export type { BrowserAgentSnapshot } from './agent-api.ts';
export { superviseAgent, type SupervisedAgent } from './supervisor.ts';
