import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobSpec } from '../../src/domain/job.ts';
import { parseLeaseId, parseSessionId } from '../../src/domain/ids.ts';
import { AgentService, reportToBytes } from '../../src/wire/index.ts';
import { certain, producerOf, type Producer } from '../network/client.ts';
import { freePort, Program, startNetwork, until } from '../network/processes.ts';
import { figureOf, type Figure } from './figure.ts';

const RUNS = 5;
const TASKS = 16_384;
const BATCH = 64;
const SESSIONS = 4;
const ECHO_MS = 2_000;
const SERVER_CORE = 0;
const LOAD_CORE = 1;

/**
 * Tasks of one relu'd number each, leased and reported in batches of 64 over real RPC, every one
 * recomputed before it is accepted and every event synced to disk before it is acknowledged; from
 * the job's acceptance to its assembled output. The orchestrator has one core, the load another.
 */
export async function tinyTasksPerSecond(): Promise<Figure> {
  const data = mkdtempSync(join(tmpdir(), 'manyhands-bench-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const network = await startNetwork({
    port,
    data,
    core: SERVER_CORE,
    args: ['--no-welcome-job', '--log-level', 'warn'],
  });
  const script = new URL('tiny-agent.ts', import.meta.url).pathname;
  const load = new Program([url, String(SESSIONS)], { script, core: LOAD_CORE });
  try {
    const producer = producerOf(url, data);
    await runOnce(producer);
    const runs = [];
    for (let run = 0; run < RUNS; run++) {
      const peer = await echoTasksPerSecond();
      const ours = await runOnce(producer);
      runs.push({ value: ours, ours, peer });
    }
    return figureOf(
      {
        suite: 'first-light',
        name: 'tiny-tasks-per-second',
        unit: 'tasks/s',
        better: 'higher',
        work: `${TASKS} tasks of 1 number, batches of ${BATCH}, durable, all recomputed, one core`,
        peer: 'connect-node 2.2 alone, the same reports parsed and answered',
        goal: '>= 5000',
      },
      runs,
    );
  } finally {
    await load.killHard();
    await network.interrupt();
    rmSync(data, { recursive: true, force: true });
  }
}

async function runOnce(producer: Producer): Promise<number> {
  const values = new Float32Array(TASKS).map((_, index) => index - TASKS / 2);
  const spec: JobSpec = {
    name: 'tiny tasks',
    workload: {
      kind: 'operators',
      inputs: [
        {
          name: 'A',
          tensor: {
            dtype: 'float32',
            shape: [TASKS, 1],
            source: { kind: 'inline', bytes: new Uint8Array(values.buffer) },
          },
        },
      ],
      nodes: [{ operator: 'relu', inputs: ['A'], output: 'B' }],
      outputs: ['B'],
    },
    checking: { kind: 'recompute', share: 1 },
    rowsPerTask: 1,
  };
  const { job } = await producer.submit(spec);
  const view = await producer.watch(job);
  if (view.state !== 'done' || view.endedAtMs === null) throw new Error(`the job is ${view.state}`);
  return (TASKS * 1_000) / (view.endedAtMs - view.submittedAtMs);
}

/** What connect-node alone carries: the same reports over the same core, answered without work. */
async function echoTasksPerSecond(): Promise<number> {
  const port = await freePort();
  const script = new URL('echo-server.ts', import.meta.url).pathname;
  const server = new Program([String(port)], { script, core: SERVER_CORE });
  try {
    await until('the echo server', async () => server.stdout.includes('ready'), 10_000);
    const client = createClient(
      AgentService,
      createConnectTransport({ baseUrl: `http://127.0.0.1:${port}`, httpVersion: '1.1' }),
    );
    const request = { report: sampleReport(), signature: new Uint8Array(64) };
    const endAtMs = performance.now() + ECHO_MS;
    let calls = 0;
    const callUntilEnd = async (): Promise<void> => {
      while (performance.now() < endAtMs) {
        await client.reportResults(request);
        calls++;
      }
    };
    await Promise.all(Array.from({ length: SESSIONS }, callUntilEnd));
    return (calls * BATCH * 1_000) / ECHO_MS;
  } finally {
    await server.killHard();
  }
}

function sampleReport(): Uint8Array {
  const session = certain(parseSessionId(`session_${randomBytes(32).toString('base64url')}`));
  return reportToBytes({
    session,
    results: Array.from({ length: BATCH }, (_, index) => ({
      lease: certain(parseLeaseId(`lease_${String(index % 10).repeat(26)}`)),
      result: {
        kind: 'output',
        output: [
          {
            dtype: 'float32',
            shape: [1, 1],
            source: { kind: 'inline', bytes: new Uint8Array(4) },
          },
        ],
      },
      computeMs: 0,
      backend: 'wasm',
    })),
  });
}
