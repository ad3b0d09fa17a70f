import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateSigningKey } from '../integrity/index.ts';
import { configWith, startOrchestrator, type RunningOrchestrator } from '../orchestrator/index.ts';
import { runCommand } from './run-command.ts';
import { openTerminal } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'manyhands-cli-operator-'));
let orchestrator: RunningOrchestrator;
let key = '';

beforeAll(async () => {
  const config = configWith({ port: 0, home: folder, welcomeJob: false, logLevel: 'silent' });
  const started = await startOrchestrator(config);
  if (!started.ok) throw new Error(started.failure.message);
  orchestrator = started.value;
  // One that looks like an option, as one in 64 does.
  while (!key.startsWith('-')) {
    const made = await generateSigningKey({ extractable: false });
    key = made.ok ? made.value.agent : '';
  }
});
afterAll(async () => {
  await orchestrator.close();
  rmSync(folder, { recursive: true, force: true });
});

async function run(args: readonly string[], environment: Record<string, string> = {}) {
  let [stdout, stderr] = ['', ''];
  const terminal = openTerminal({
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  const { signal } = new AbortController();
  const home = { MANYHANDS_HOME: folder, MANYHANDS_ORCHESTRATOR: orchestrator.url };
  const code = await runCommand(args, {
    terminal,
    signal,
    environment: { ...home, ...environment },
    pauseSwitch: () => () => undefined,
  });
  return { code, stdout, stderr };
}

describe('trust', () => {
  it('finds the key by itself, adds, lists and revokes', async () => {
    const none = await run(['trust', 'list']);
    expect(none).toMatchObject({ code: 0, stdout: '', stderr: 'No key is registered.\n' });
    const added = await run(['trust', 'add', key, '--name', 'the lab', '--until', '30d']);
    expect(added.stderr).toContain(`${key}  the lab is trusted, until `);
    expect(added.code).toBe(0);
    const listed = await run(['trust', 'list', '--json']);
    expect(JSON.parse(listed.stdout)).toMatchObject({ key, name: 'the lab', state: 'trusted' });
    const later = await run(['trust', 'add', key, '--name', 'the lab', '--from', '2d', '--json']);
    expect(JSON.parse(later.stdout)).toMatchObject({ key, state: 'not_yet' });
    expect((await run(['trust', 'list'])).stdout).toContain('the lab is not trusted yet, from ');
    const revoked = await run(['trust', 'revoke', key]);
    expect(revoked).toMatchObject({ code: 0, stderr: expect.stringContaining('no longer') });
    const again = await run(['trust', 'revoke', key]);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('not registered') });
    expect((await run(['trust', 'list', '--json'])).stdout).toBe('');
  });

  it.each<[string, () => readonly string[], RegExp]>([
    ['a key that is none', () => ['trust', 'add', 'me', '--name', 'x'], /agent --json.*"agent"/],
    ['no name', () => ['trust', 'add', key], /--name/],
    [
      'no time',
      () => ['trust', 'add', key, '--name', 'x', '--until', 'soon'],
      /--until soon is no/,
    ],
    ['a key of another kind', () => ['trust', 'list', '--operator-key', 'mh_0'], /mho_/],
  ])('refuses %s', async (_, args, message) => {
    const { code, stderr } = await run(args());
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it('says where the operator key is, to whom has it not', async () => {
    for (const given of [{ MANYHANDS_OPERATOR_KEY: 'mho_0' }, { MANYHANDS_HOME: tmpdir() }]) {
      const { code, stderr } = await run(['trust', 'list'], given);
      expect(stderr).toMatch(/file operator-key of the data folder.*MANYHANDS_OPERATOR_KEY/);
      expect(code).toBe(1);
    }
  });
});

describe('quarantine', () => {
  it('lists none where there is none, and has nothing to release or undo', async () => {
    expect(await run(['quarantine', 'list'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'No key is quarantined.\n',
    });
    const released = await run(['quarantine', 'release', key, '--json']);
    expect(JSON.parse(released.stdout)).toMatchObject({ failure: { code: 'agent_unknown' } });
    expect(released.code).toBe(1);
    const amnesty = ['quarantine', 'amnesty', '--since', '2h', '--reason', 'a bad update'];
    expect(await run(amnesty)).toMatchObject({ code: 0, stderr: '0 quarantines undone.\n' });
    const json = await run([...amnesty, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ released: 0 });
  });

  it('grants no amnesty without a time and a reason', async () => {
    const { stderr, code } = await run(['quarantine', 'amnesty', '--since', '2h']);
    expect(stderr).toContain('--reason');
    expect(code).toBe(2);
    const vague = await run(['quarantine', 'amnesty', '--since', 'lately', '--reason', 'x']);
    expect(vague.stderr).toMatch(/--since lately is no time/);
    expect(vague.code).toBe(2);
  });
});
