import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { knownSigner } from '../ledger/example-log.contract.ts';
import { signEntry } from '../ledger/index.ts';
import { encodeCanonical } from '../integrity/index.ts';
import { startOrchestrator } from '../orchestrator/orchestrator.ts';
import { ledgerAt } from '../orchestrator/record/record-client.contract.ts';
import { testConfig, until, valueOf } from '../orchestrator/volunteer.contract.ts';
import { EXIT } from './exit-code.ts';
import { runCommand } from './run-command.ts';
import { openTerminal } from './terminal.ts';

const SOURCE = 'export function handle() { return 1; }';

/** A user with a home of their own, who asks an orchestrator. */
async function newUser() {
  const home = await mkdtemp(join(tmpdir(), 'manyhands-promises-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const run = async (url: string, args: readonly string[]) => {
    let [stdout, stderr] = ['', ''];
    const terminal = openTerminal({
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
    });
    const environment = { MANYHANDS_HOME: home, MANYHANDS_ORCHESTRATOR: url };
    const { signal } = new AbortController();
    const given = { terminal, signal, environment, pauseSwitch: () => () => undefined };
    return { code: await runCommand(args, given), stdout, stderr };
  };
  const source = join(home, 'source.js');
  await writeFile(source, SOURCE);
  /** Files about promises, of whichever log. */
  const kept = async (): Promise<readonly string[]> => {
    const folder = join(home, 'promises');
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    return names.filter((name) => /\.(promise|broken)$/.test(name)).map((at) => join(folder, at));
  };
  return { run, source, kept };
}

/** Writes somebody's entry, and waits until a checkpoint has all that there is. */
async function submit(url: string, number: number): Promise<void> {
  const ledger = ledgerAt(url);
  const anchor = new Uint8Array(32).fill(number);
  const draft = { target: null, anchor, tags: [], body: encodeCanonical({ number }) };
  const entry = await signEntry(await knownSigner(9), draft);
  const { index } = await ledger.submitEntry({ entry });
  await until(() => ledger.getReceipt({ index }).then(Boolean, () => false));
}

describe('promises of a log', { timeout: 120_000 }, () => {
  it('are kept until "verify" finds them redeemed', async () => {
    const config = testConfig({ publishEvery: 50 });
    const orchestrator = valueOf(await startOrchestrator(config));
    const user = await newUser();
    const { url } = orchestrator;
    expect((await user.run(url, ['fn', 'deploy', user.source])).code).toBe(EXIT.ok);
    expect(await user.kept()).toHaveLength(1);
    const verified = await user.run(url, ['verify', '--level', 'consistency', '--json']);
    const told = JSON.parse(verified.stdout) as { readonly promises: unknown };
    expect({ ...told, code: verified.code }).toMatchObject({
      code: EXIT.ok,
      promises: { kept: 1, waiting: 0, broken: [] },
    });
    expect(await user.kept()).toEqual([]);
    await orchestrator.close();
  });

  it('are shown to be broken by an orchestrator that drops what it promised', async () => {
    const config = testConfig({ publishEvery: 50 });
    const first = valueOf(await startOrchestrator(config));
    await submit(first.url, 1);
    await first.close();
    const copy = `${first.dataFolder}-copy`;
    await cp(first.dataFolder, copy, { recursive: true });
    const second = valueOf(await startOrchestrator(config));
    const user = await newUser();
    const deployed = await user.run(second.url, ['fn', 'deploy', user.source, '--json']);
    const { index, entry } = JSON.parse(deployed.stdout) as { index: number; entry: string };
    await second.close();
    // Under the same key, as if nothing had been taken.
    await rm(first.dataFolder, { recursive: true });
    await cp(copy, first.dataFolder, { recursive: true });
    const dropping = valueOf(await startOrchestrator(config));
    for (let number = 2; number < index + 4; number++) await submit(dropping.url, number);

    const { code, stdout } = await user.run(dropping.url, ['verify', '--level', 'consistency']);
    expect(stdout).toContain(`PROMISE BROKEN: entry ${entry} was promised at ${index}`);
    expect(stdout).not.toContain('All is as it should be');
    expect(code).toBe(EXIT.evidenceDiffers);
    const [proof = '', ...others] = await user.kept();
    expect({ proof, others }).toEqual({ proof: expect.stringMatching(/\.broken$/), others: [] });

    // Anybody checks it with the log's key, and nobody to ask.
    const { verifierKey } = await ledgerAt(dropping.url).getRecord({});
    await dropping.close();
    const somebody = await newUser();
    const nowhere = 'http://127.0.0.1:9';
    const check = (path: string, key: string) =>
      somebody.run(nowhere, ['verify', '--promise', path, '--log', key]);
    const shown = await check(proof, verifierKey);
    expect(shown).toMatchObject({ code: EXIT.ok });
    expect(shown.stdout).toContain(`promised entry ${entry} at ${index}`);
    const bytes = await readFile(proof);
    bytes[bytes.byteLength - 40] = (bytes.at(-40) ?? 0) ^ 1;
    await writeFile(proof, bytes);
    expect((await check(proof, verifierKey)).code).not.toBe(EXIT.ok);
    expect((await somebody.run(nowhere, ['verify', '--promise', proof])).code).toBe(EXIT.usage);
    expect((await check('/nowhere', verifierKey)).code).toBe(EXIT.usage);
  });
});
