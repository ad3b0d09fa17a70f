import type { Suite } from '../figure.ts';
import { coreAlone } from './core.ts';
import { idleAgents } from './idle-agents.ts';
import { locality } from './locality.ts';
import { recovery } from './recovery.ts';
import { besidePeers, rpcTasks } from './rpc-tasks.ts';

/** Coordination: the core alone, over RPC, after a restart, with many agents. */
export const scheduler: Suite = {
  name: 'scheduler',
  measurements: [coreAlone, locality, recovery, rpcTasks, besidePeers, idleAgents],
};
