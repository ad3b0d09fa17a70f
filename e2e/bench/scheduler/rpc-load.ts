import { parseLeaseId, parseSessionId, type SessionId } from '../../../src/domain/ids.ts';
import type { TaskReport } from '../../../src/domain/report.ts';
import { AgentService, reportToBytes, type NextTasks } from '../../../src/wire/index.ts';
import { certain } from '../../network/client.ts';
import { joinRaw } from './raw-agent.ts';
import { RawClient } from './raw-client.ts';
import { tinyValueAt } from './tiny-job.ts';

/**
 * The load of the bench of tasks over RPC, a process of its own:
 * `node rpc-load.ts URL SESSIONS BATCH`.
 *
 * Each session is an agent with a key and a connection of its own: it reports what it was given
 * in one signed batch, is given as many again with the answer, and goes on until it is killed.
 */
const [url = '', ...numbers] = process.argv.slice(2);
const [sessions = 4, batch = 64] = numbers.map(Number);
const { method } = AgentService;
await Promise.all(Array.from({ length: sessions }, computeForEver));

async function computeForEver(): Promise<void> {
  const client = await RawClient.open(new URL(url));
  const { session: sessionId, sign } = await joinRaw(client);
  const session = certain(parseSessionId(sessionId));
  let tasks: NextTasks['tasks'] = [];
  for (;;) {
    if (tasks.length === 0) {
      const ask = { sessionId, maxTasks: batch, waitMs: 1_000 };
      ({ tasks } = await client.call(method.leaseTasks, ask));
      continue;
    }
    const report = reportOf(session, tasks);
    const signature = sign('report', report);
    const request = { report, signature, maxTasks: batch };
    const { next } = await client.call(method.reportResults, request);
    tasks = next?.tasks ?? [];
  }
}

function reportOf(session: SessionId, tasks: NextTasks['tasks']): Uint8Array {
  return reportToBytes({ session, results: tasks.map(relu) });
}

function relu({ leaseId, rowStart, rowEnd }: NextTasks['tasks'][number]): TaskReport {
  const count = Number(rowEnd - rowStart);
  const first = Number(rowStart);
  const values = Float32Array.from({ length: count }, (_, index) => {
    return Math.max(0, tinyValueAt(first + index));
  });
  const bytes = new Uint8Array(values.buffer);
  return {
    lease: certain(parseLeaseId(leaseId)),
    result: {
      kind: 'output',
      output: [{ dtype: 'float32', shape: [count, 1], source: { kind: 'inline', bytes } }],
    },
    computeMs: 0,
    backend: 'wasm',
  };
}
