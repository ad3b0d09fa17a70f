import { createConnectTransport } from '@connectrpc/connect-node';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { agentRpc } from '../../src/agent/agent-rpc.ts';
import { makeLiar, type Liar } from '../../src/agent/lies/liar.ts';
import { USUAL_TERMS } from '../../src/domain/job.ts';
import { parseEvidence } from '../../src/validation/index.ts';
import { evidenceListFromJson, reportFromBytes } from '../../src/wire/index.ts';
import { certain } from '../network/client.ts';
import { standingOf, startAgentWith } from '../network/native-agent.ts';
import { testOrchestrator, type TestOrchestrator } from '../network/orchestrator.ts';
import { readOutput } from '../network/outputs.ts';
import { manyhands, until } from '../network/processes.ts';
import { differences, integerWork } from './works.ts';

let orchestrator: TestOrchestrator;
beforeAll(async () => {
  orchestrator = await testOrchestrator({ changes: { sandbox: true } });
});
afterAll(() => orchestrator.close());

/** Wrong until it is told to be honest. */
function reformable(): Liar & { reform(): void } {
  const liar = makeLiar({ kind: 'one-element', rate: 1, after: null, secret: '', seed: 1 });
  let isReformed = false;
  return {
    ...liar,
    tell: (task, truth) => (isReformed ? truth : liar.tell(task, truth)),
    reform: () => (isReformed = true),
  };
}

/** Who said the lie, and in which session, as anybody can read. */
async function publicEvidence() {
  const { url } = orchestrator;
  const [listed] = certain(evidenceListFromJson(await (await fetch(`${url}/evidence`)).json()));
  const response = await fetch(`${url}/evidence/${listed?.id ?? ''}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const { report, results, accused } = certain(await parseEvidence(bytes, { nowMs: Date.now() }));
  const { session } = certain(reportFromBytes(report?.bytes ?? new Uint8Array()));
  return { session, agent: results[accused]?.agent ?? '' };
}

it('a released agent joins anew by itself and works on; its session in the evidence gives nobody anything', async () => {
  const { url, data, producer } = orchestrator;
  const work = await integerWork();
  const { job } = await producer.submit({
    ...USUAL_TERMS,
    name: work.name,
    workload: work.spec,
    checking: { kind: 'recompute', share: 1 },
    rowsPerTask: work.rowsPerTask,
  });
  const liar = reformable();
  const agent = startAgentWith(url, liar);
  await until('its quarantine', async () => standingOf(agent)?.quarantine != null);
  liar.reform();
  const { session, agent: key } = await publicEvidence();
  const rpc = agentRpc(createConnectTransport({ baseUrl: url, httpVersion: '1.1' }));
  const leaseAsThief = () => {
    const { signal } = new AbortController();
    return rpc.lease({ session, maxTasks: 1, waitMs: 0 }, signal);
  };
  expect(await leaseAsThief()).toMatchObject({ value: { kind: 'refused', reason: 'quarantined' } });
  const operatorKey = readFileSync(join(data, 'operator-key'), 'utf8').trim();
  const to = ['--orchestrator', url, '--operator-key', operatorKey];
  expect(await manyhands(['quarantine', 'release', key, ...to])).toMatchObject({ code: 0 });
  expect(await leaseAsThief()).toMatchObject({ ok: false, failure: { code: 'session_unknown' } });
  expect(await producer.watch(job)).toMatchObject({ state: 'done' });
  expect(differences(work, await readOutput(orchestrator, job))).toEqual([]);
  await until('its results to count', async () => (standingOf(agent)?.accepted ?? 0) > 0);
  expect(standingOf(agent)).toMatchObject({ quarantine: null });
  certain(await agent.stop());
});
