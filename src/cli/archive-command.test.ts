import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { encodeCanonical } from '../integrity/index.ts';
import { knownSigner, must } from '../ledger/example-log.contract.ts';
import { formatVerifierKey, noteKeyOf, signEntry } from '../ledger/index.ts';
import {
  configWith,
  startOrchestrator,
  type OrchestratorConfig,
  type RunningOrchestrator,
} from '../orchestrator/index.ts';
import { LedgerService } from '../wire/index.ts';
import { runCommand } from './run-command.ts';
import { openTerminal } from './terminal.ts';

const folder = await mkdtemp(join(tmpdir(), 'manyhands-archive-command-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const owner = await knownSigner(4);
let names = 0;

async function newHome(): Promise<string> {
  const home = join(folder, `home-${names++}`);
  await mkdir(home);
  return home;
}

async function start(home: string, changes: Partial<OrchestratorConfig> = {}) {
  const options = { port: 0, home, welcomeJob: false, publishEvery: 50 } as const;
  const config = configWith({ ...options, logLevel: 'silent', ...changes });
  const orchestrator = must(await startOrchestrator(config));
  onTestFinished(() => orchestrator.close());
  return orchestrator;
}

function clientOf({ url }: RunningOrchestrator) {
  return createClient(LedgerService, createConnectTransport({ baseUrl: url, httpVersion: '1.1' }));
}

let submitted = 0;
async function submit(orchestrator: RunningOrchestrator, count: number): Promise<void> {
  const client = clientOf(orchestrator);
  for (let at = 0; at < count; at++) {
    const anchor = new Uint8Array(32);
    new DataView(anchor.buffer).setUint32(0, ++submitted);
    const draft = { target: null, anchor, tags: [], body: encodeCanonical({ said: submitted }) };
    await client.submitEntry({ entry: await signEntry(owner, draft) });
  }
}

/** Waits until an archive has so many entries. */
async function archived(orchestrator: RunningOrchestrator, size: number): Promise<void> {
  for (;;) {
    const { archive } = await clientOf(orchestrator).getRecord({});
    if (Number(archive?.confirmedSize ?? 0) >= size) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function run(args: readonly string[], environment: Record<string, string>) {
  let [stdout, stderr] = ['', ''];
  const terminal = openTerminal({
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  const { signal } = new AbortController();
  const given = { terminal, signal, environment, pauseSwitch: () => () => undefined };
  return { code: await runCommand(args, given), stdout, stderr };
}

describe('the archive of an orchestrator', () => {
  it('gives back a lost log, which goes on and is verified', { timeout: 240_000 }, async () => {
    const home = await newHome();
    const orchestrator = await start(home);
    await submit(orchestrator, 100);
    await expect
      .poll(async () => (await clientOf(orchestrator).getRecord({})).archive?.dueAtMs, {
        timeout: 60_000,
      })
      .not.toBe(0n);
    const early = await run(['archive', 'status'], { MANYHANDS_ORCHESTRATOR: orchestrator.url });
    expect(early.stdout).toMatch(/waiting +\d+ entries, for more of their tile or 20\d\d-/);
    await submit(orchestrator, 200);
    await archived(orchestrator, 256);
    const environment = { MANYHANDS_ORCHESTRATOR: orchestrator.url, MANYHANDS_HOME: home };
    const status = await run(['archive', 'status', '--json'], environment);
    const { log, archive } = JSON.parse(status.stdout) as {
      log: string;
      archive: { confirmed: number };
    };
    expect(archive).toMatchObject({ target: 'folder', failure: null, retryAt: null });
    expect((await run(['archive', 'status'], environment)).stdout).toMatch(
      /confirmed +\d+ entries/,
    );
    await orchestrator.close();

    const data = join(await newHome(), 'restored');
    const from = ['--from', join(home, 'archive'), '--log', log];
    const restored = await run(['archive', 'restore', ...from, '--data', data, '--json'], {});
    expect(JSON.parse(restored.stdout)).toMatchObject({ size: archive.confirmed, refused: 0 });
    await copyFile(join(home, 'orchestrator', 'record-key.pem'), join(data, 'record-key.pem'));
    const again = await start(home, { data });
    expect(Number((await clientOf(again).getRecord({})).size)).toBeGreaterThanOrEqual(
      archive.confirmed,
    );
    await submit(again, 300);
    await archived(again, archive.confirmed + 256);
    // What was restored was not brought there a second time.
    const pieces = await readdir(join(home, 'archive'), { recursive: true });
    const firsts = pieces.flatMap((name) => /(\d+)-\d+-.{43}$/.exec(name)?.[1] ?? []);
    expect(new Set(firsts).size).toBe(firsts.length);
    const verified = await run(
      ['verify', '--from', 'archive', '--archive', join(home, 'archive'), '--log', log],
      { MANYHANDS_HOME: await newHome() },
    );
    expect(verified.stdout).toMatch(/All is as it should be/);
    expect(verified.code).toBe(0);
  });

  it('is told to be down, and caught up with when it is back', { timeout: 240_000 }, async () => {
    const home = await newHome();
    // A file where the folder would be.
    const archive = join(home, 'elsewhere');
    await writeFile(archive, 'in the way');
    const orchestrator = await start(home, { archive });
    await submit(orchestrator, 260);
    const environment = { MANYHANDS_ORCHESTRATOR: orchestrator.url };
    await expect
      .poll(() => run(['archive', 'status'], environment), { timeout: 120_000 })
      .toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/The last try failed: the archive in .* failed/),
      });
    await rm(archive);
    await archived(orchestrator, 256);
    const { archive: state } = await clientOf(orchestrator).getRecord({});
    expect(state).toMatchObject({ failure: '', retryAtMs: 0n });
  });

  it('is nowhere where the operator wants none', async () => {
    const home = await newHome();
    const orchestrator = await start(home, { archive: 'none' });
    const environment = { MANYHANDS_ORCHESTRATOR: orchestrator.url };
    const { stderr, code } = await run(['archive', 'status'], environment);
    expect(stderr).toMatch(/archives nothing/);
    expect(code).toBe(0);
    expect(await readdir(home)).not.toContain('archive');
  });
});

describe('archive restore', () => {
  it.each([
    [[], 2, /whose log shall be read/],
    [['--log', 'nothing'], 1, /is no key/],
  ])('with %j ends with %i', async (args, code, message) => {
    const data = join(folder, 'not-made');
    const ended = await run(['archive', 'restore', '--data', data, ...args], {});
    expect(ended.stderr).toMatch(message);
    expect(ended.code).toBe(code);
  });

  it('says so where the archive has nothing of the log', async () => {
    const log = formatVerifierKey(noteKeyOf({ name: 'log.example', signer: owner }));
    const home = await newHome();
    const args = ['archive', 'restore', '--data', join(home, 'data'), '--log', log];
    const ended = await run(args, { MANYHANDS_HOME: home });
    expect(ended.stderr).toMatch(/has nothing of "log.example"/);
    expect(ended.code).toBe(1);
  });
});
