import { createConnectTransport } from '@connectrpc/connect-node';
import { agentRpc, type AgentRpc } from '../../src/agent/agent-rpc.ts';
import type { LeasedTask } from '../../src/domain/work.ts';
import type { Report, TaskReport } from '../../src/domain/report.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import { generateSigningKey, publicKeyOf, signBytes } from '../../src/integrity/index.ts';
import { joinClaimToBytes, reportToBytes } from '../../src/wire/index.ts';

/**
 * The load of the tiny-tasks bench, a process of its own: `node tiny-agent.ts URL SESSIONS`.
 *
 * Each session leases 64 tasks of one relu'd number, reports them in one signed batch, and goes on
 * until it is killed.
 */
const [url = '', sessions = '4'] = process.argv.slice(2);
await Promise.all(Array.from({ length: Number(sessions) }, computeForEver));

async function computeForEver(): Promise<void> {
  const transport = createConnectTransport({ baseUrl: url, httpVersion: '1.1' });
  const rpc = agentRpc(transport);
  const { signal } = new AbortController();
  const key = certain(await generateSigningKey({ extractable: false }));
  const session = await join(rpc, key);
  for (;;) {
    const answer = certain(await rpc.lease({ session, maxTasks: 64, waitMs: 1_000 }, signal));
    if (answer.kind === 'refused') continue;
    const report: Report = { session, results: answer.tasks.map(relu) };
    const bytes = reportToBytes(report);
    const signature = await signBytes(key, { purpose: 'report', bytes });
    certain(await rpc.report({ bytes, signature }, signal));
  }
}

async function join(rpc: AgentRpc, key: Parameters<typeof signBytes>[0]) {
  const { signal } = new AbortController();
  const publicKey = certain(publicKeyOf(key.agent));
  const bytes = joinClaimToBytes({
    publicKey,
    challenge: certain(await rpc.challenge(publicKey, signal)).challenge,
    versions: [1],
    capability: {
      kind: 'native',
      label: 'tiny tasks',
      lanes: 1,
      memoryBytes: 2 ** 30,
      logicalCores: 1,
      features: { wasmSimd: true, wasmRelaxedSimd: true, wasmThreads: true, webgpu: null },
      primitives: { relu: 'wasm' },
    },
    conformance: [],
  });
  const signature = await signBytes(key, { purpose: 'join', bytes });
  return certain(await rpc.join({ bytes, signature }, signal)).session;
}

function relu(task: LeasedTask): TaskReport {
  const [input] = task.work.inputs;
  if (input?.tensor.source.kind !== 'inline') throw new Error('the bench sends inline tensors');
  const { bytes } = input.tensor.source;
  const value = new DataView(bytes.buffer, bytes.byteOffset).getFloat32(4 * task.rows.start, true);
  const output = new Uint8Array(4);
  new DataView(output.buffer).setFloat32(0, Math.max(0, value), true);
  return {
    lease: task.lease,
    result: {
      kind: 'output',
      output: [{ dtype: 'float32', shape: [1, 1], source: { kind: 'inline', bytes: output } }],
    },
    computeMs: 0,
    backend: 'wasm',
  };
}

function certain<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.code}: ${outcome.failure.message}`);
  return outcome.value;
}
