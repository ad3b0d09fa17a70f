import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openKeyFile } from '../agent/native/index.ts';
import { parsePolicy, verifyReceipt } from '../ledger/index.ts';
import { knownSigner, policyText } from '../ledger/example-log.contract.ts';
import { ledgerAt } from '../orchestrator/record/record-client.contract.ts';
import { startForTest, valueOf } from '../orchestrator/volunteer.contract.ts';
import { creditSquares } from './credited-volunteer.contract.ts';
import { EXIT } from './exit-code.ts';
import { runCommand } from './run-command.ts';
import { openTerminal } from './terminal.ts';

const folder = await mkdtemp(join(tmpdir(), 'manyhands-receipts-'));
const ROWS = 12;

const { url, apiKey } = await startForTest({ creditEvery: 50, publishEvery: 50 });
const record = ledgerAt(url);
const keyFile = join(folder, 'agent-key.pem');
const key = valueOf(await openKeyFile(keyFile));
const { agent } = key;
await creditSquares({ url, apiKey, key, rows: ROWS });

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
