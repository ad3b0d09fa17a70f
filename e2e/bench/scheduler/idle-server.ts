import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { AgentService, IdleReason } from '../../../src/wire/index.ts';

/**
 * The peer of the bench of idle agents, a process of its own: `node idle-server.ts PORT`.
 *
 * connect-node with our messages: requests for work are held for their time and answered, and
 * nothing else is done.
 */
let sessions = 0;
const adapter = connectNodeAdapter({
  routes: (router) =>
    router.service(AgentService, {
      getChallenge: () => ({ challenge: new Uint8Array(56) }),
      join: () => ({ sessionId: `session_${String(sessions++).padStart(43, '0')}`, standing: {} }),
      leaseTasks: async ({ waitMs }, { signal }) => {
        await pause(waitMs, null, { signal }).catch(() => null);
        return { idleReason: IdleReason.NO_JOBS, askAgainMs: 1_000, standing: {} };
      },
      heartbeat: () => ({ standing: {} }),
    }),
});
createServer(adapter).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
