import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { describe, expect, it } from 'vitest';
import { openKeyFile } from '../agent/native/index.ts';
import { USUAL_TERMS } from '../domain/job.ts';
import { publicKeyOf } from '../integrity/index.ts';
import { parsePolicy, verifyReceipt } from '../ledger/index.ts';
import { knownSigner, policyText } from '../ledger/example-log.contract.ts';
import {
  floats,
  producerOf,
  startForTest,
  valueOf,
  volunteerAt,
} from '../orchestrator/volunteer.contract.ts';
import { jobSpecToWire, LedgerService } from '../wire/index.ts';
import { EXIT } from './exit-code.ts';
import { runCommand } from './run-command.ts';
import { openTerminal } from './terminal.ts';

const folder = await mkdtemp(join(tmpdir(), 'manyhands-receipts-'));
const ROWS = 12;

/** A volunteer whose key is in a file did a small job, and all of it is credited and published. */
async function creditedVolunteer() {
  const { url, apiKey } = await startForTest({ creditEvery: 50, publishEvery: 50 });
  const keyFile = join(folder, 'agent-key.pem');
  const key = valueOf(await openKeyFile(keyFile));
  const producer = producerOf({ url, apiKey });
  const spec = jobSpecToWire({
    name: 'squares',
    workload: {
      kind: 'operators',
      inputs: [
        {
          name: 'x',
          tensor: floats(
            [ROWS, 1],
            Array.from({ length: ROWS }, () => 3),
          ),
        },
      ],
      nodes: [{ operator: 'mul', inputs: ['x', 'x'], output: 'y' }],
      outputs: ['y'],
    },
    ...USUAL_TERMS,
    checking: { kind: 'recompute', share: 1 },
    rowsPerTask: 1,
  });
  const { job } = await producer.jobs.submitJob({ idempotencyKey: 'a', spec });
  const ended = (async () => {
    const updates = producer.jobs.watchJob({ jobId: job?.jobId ?? '' });
    for await (const update of updates) if (update.job?.endedAtMs !== 0n) return;
  })();
  await (await volunteerAt(url, { key })).workUntil(ended);
  const transport = createConnectTransport({ baseUrl: url, httpVersion: '1.1' });
  const record = createClient(LedgerService, transport);
  const publicKey = valueOf(publicKeyOf(key.agent));
  const lastPublished = async (): Promise<boolean> => {
    const { entries, tasksWaiting } = await record.listCredits({ publicKey });
    const last = entries[0]?.index ?? 0n;
    return tasksWaiting === 0n && (await record.getReceipt({ index: last }).then(isThere, isNot));
  };
  while (!(await lastPublished())) await new Promise((resolve) => setTimeout(resolve, 20));
  return { url, keyFile, agent: key.agent, record };
}

const isThere = (): boolean => true;
const isNot = (): boolean => false;

const { url, keyFile, agent, record } = await creditedVolunteer();

async function receipts(...args: readonly string[]) {
  let [stdout, stderr] = ['', ''];
  const terminal = openTerminal({
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  const environment = { MANYHANDS_HOME: folder, MANYHANDS_ORCHESTRATOR: url };
  const given = { terminal, signal: new AbortController().signal, environment };
  const code = await runCommand(['receipts', ...args], { ...given, pauseSwitch: () => () => {} });
  return { code, stdout, stderr };
}

describe('manyhands receipts', () => {
  it('verifies every receipt of a key, and keeps them as files that prove the same', async () => {
    const out = join(folder, 'out');
    const { code, stdout } = await receipts('--key', keyFile, '--out', out, '--json');
    expect(code).toBe(EXIT.ok);
    const told = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { index: number; tasks: { task: string }[] });
    const tasks = told.flatMap((one) => one.tasks.map(({ task }) => task));
    expect(new Set(tasks).size).toBe(ROWS);
    const { policy } = await record.getRecord({});
    const believed = valueOf(parsePolicy(new TextEncoder().encode(policy)));
    const files = await readdir(out);
    expect(files.toSorted()).toEqual(told.map(({ index }) => `entry-${index}.receipt`).toSorted());
    for (const file of files) {
      const bytes = new Uint8Array(await readFile(join(out, file)));
      expect((await verifyReceipt(believed, bytes)).ok).toBe(true);
    }
  });

  it('says to people what they add up to', async () => {
    const { code, stderr } = await receipts('--agent', agent);
    expect(code).toBe(EXIT.ok);
    expect(stderr).toContain(`${ROWS} tasks, ${ROWS} units`);
  });

  it('ends with 6 where the log is not the one of the policy', async () => {
    const stranger = { name: 'log.example', signer: await knownSigner(7) };
    const policy = join(folder, 'policy');
    await writeFile(policy, policyText(stranger, []));
    const { code, stderr } = await receipts('--key', keyFile, '--policy', policy);
    expect(code).toBe(EXIT.evidenceDiffers);
    expect(stderr).toContain('not to be trusted');
  });

  it('makes no key where there is none, and wants one of two', async () => {
    const missing = join(folder, 'nowhere.pem');
    const { code, stderr } = await receipts('--key', missing);
    expect({ code, stderr }).toMatchObject({ stderr: expect.stringContaining('there is no key') });
    expect(code).not.toBe(EXIT.ok);
    expect((await receipts('--key', keyFile, '--agent', agent)).code).toBe(code);
    expect(await readdir(folder)).not.toContain('nowhere.pem');
  });
});
