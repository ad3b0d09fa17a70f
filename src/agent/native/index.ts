// The front door for programs in Node.
export type { BackendChoice } from '../agent-event.ts';
export type { AgentSnapshot, MoveView, TaskView } from '../agent-snapshot.ts';
export type { SelfTest } from '../broken-device.ts';
export type { AgentCounters, Idle, IdleWhy } from '../agent-state.ts';
export { defaultKeyFile, openKeyFile } from './key-file.ts';
export { crowdTestOf } from '../crowd/crowd-test-of.ts';
export { publishCrowdTest, type CountedFor } from '../crowd/publish-crowd-test.ts';
export { spawnNodeKernelThread } from './spawn-kernel-thread.ts';
export { nodeLaneDevice } from './lane-device.ts';
export { nodeLabel, runNativeAgent, type NativeAgentOptions } from './native-agent.ts';
