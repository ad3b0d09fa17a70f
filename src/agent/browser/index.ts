// The front door for pages: the agent in a tab, seen from outside its worker.
export type { AgentLimits, BackendChoice } from '../agent-event.ts';
export type { AgentSnapshot, TaskView } from '../agent-snapshot.ts';
export type { SelfTest } from '../broken-device.ts';
export type { AgentCounters, Idle, IdleWhy } from '../agent-state.ts';
export type { BrowserAgentSnapshot } from './agent-api.ts';
export { publishCrowdTest, type CountedFor } from '../crowd/publish-crowd-test.ts';
export type { FromCrowdTest } from './serve-crowd-test.ts';
export { openPageDatabase, settled } from './page-database.ts';
export { openStoredKey } from './stored-key.ts';
export { superviseAgent, type SupervisedAgent } from './supervisor.ts';
