import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeForkProof, formatVerifierKey, noteKeyOf, provesFork } from '../ledger/index.ts';
import { openFolderLogStore } from '../ledger/node.ts';
import { must, knownSigner, policyText } from '../ledger/example-log.contract.ts';
import {
  ann,
  ExampleRecord,
  idOf,
  logSigner,
} from '../execution-machine/verify/example-record.contract.ts';
import { actionDraft } from '../execution-machine/index.ts';
import { signEntry } from '../ledger/index.ts';
import { configWith, startOrchestrator, type RunningOrchestrator } from '../orchestrator/index.ts';
import { encodeCanonical } from '../integrity/index.ts';
import { LedgerService } from '../wire/index.ts';
import { runCommand } from './run-command.ts';
import { openTerminal } from './terminal.ts';

const folder = await mkdtemp(join(tmpdir(), 'manyhands-verify-'));
const LOG = formatVerifierKey(noteKeyOf(logSigner));
let orchestrator: RunningOrchestrator;
let homes = 0;

/** A user who saw nothing yet. */
function newHome(): string {
  return join(folder, `home-${homes++}`);
}

async function verify(
  home: string,
  args: readonly string[],
  signal = new AbortController().signal,
) {
  let [stdout, stderr] = ['', ''];
  const terminal = openTerminal({
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  const environment = { MANYHANDS_HOME: home, MANYHANDS_ORCHESTRATOR: orchestrator.url };
  const pauseSwitch = () => () => undefined;
  const given = { terminal, signal, environment, pauseSwitch };
  const code = await runCommand(['verify', ...args], given);
  return { code, stdout, stderr };
}

/** A record in a folder: so many entries, with a claimed root where it is told. */
async function recordIn(name: string, count: number, claimed?: Uint8Array): Promise<string> {
  const store = must(await openFolderLogStore(join(folder, name)));
  const record = await ExampleRecord.begin(store);
  while (record.size < count) await record.count(ann);
  await record.claim(record.size - 1, claimed);
  await record.publish();
  await record.close();
  return join(folder, name);
}

beforeAll(async () => {
  const options = { port: 0, home: join(folder, 'orchestrator'), welcomeJob: false } as const;
  const config = configWith({ ...options, publishEvery: 50, logLevel: 'silent' });
  orchestrator = must(await startOrchestrator(config));
  await submit(300);
}, 120_000);
afterAll(async () => {
  await orchestrator.close();
  await rm(folder, { recursive: true, force: true });
});

let submitted = 0;
async function submit(count: number): Promise<void> {
  const transport = createConnectTransport({ baseUrl: orchestrator.url, httpVersion: '1.1' });
  const client = createClient(LedgerService, transport);
  for (let at = 0; at < count; at++) {
    const anchor = new Uint8Array(32);
    new DataView(anchor.buffer).setUint32(0, ++submitted);
    const draft = { target: null, anchor, tags: [], body: encodeCanonical({ said: submitted }) };
    await client.submitEntry({ entry: await signEntry(ann, draft) });
  }
  const { size } = await client.getRecord({});
  const path = `${orchestrator.url}/record/checkpoint`;
  for (;;) {
    const note = await (await fetch(path)).text();
    if (Number(note.split('\n')[1]) >= size) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('manyhands verify', () => {
  it('verifies the record of an orchestrator, and pins what it saw', async () => {
    const home = newHome();
    const first = await verify(home, []);
    expect(first.stdout).toMatch(
      / 3\d\d entries, signed by the log alone\nSeen for the first time/,
    );
    expect(first.stdout).toMatch(/hash and signature are right[^]*All is as it should be\.\n$/);
    expect(first.code).toBe(0);
    // The log itself writes the time and state roots meanwhile.
    const second = await verify(home, ['--level', 'consistency']);
    expect(second.stdout).toMatch(/The same checkpoint|It grew out of the checkpoint/);
    await submit(3);
    expect((await verify(home, ['--tile', '1'])).stdout).toMatch(/It grew out of the checkpoint/);
  }, 120_000);

  it('writes one object of JSON', async () => {
    const { stdout, code } = await verify(newHome(), ['--json']);
    const json = JSON.parse(stdout) as { size: number };
    expect(json).toMatchObject({ level: 'full', view: 'first', difference: null, cosigners: [] });
    expect(json).toMatchObject({ source: orchestrator.url, entries: json.size });
    expect(code).toBe(0);
  });

  it('verifies a folder, and what the actions of one function came to', async () => {
    const from = await recordIn('whole', 300);
    const { code, stdout } = await verify(newHome(), [
      ...['--from', from, '--log', LOG, '--function', 'deploy'],
    ]);
    expect(stdout).toMatch(/299 actions evaluated again: 1 claimed root found true\./);
    expect(stdout).toMatch(/deploy: 1 done, 0 thrown, 0 stopped, 0 refused\./);
    expect(code).toBe(0);
  });

  it('proves a row of state, or that there is none', { timeout: 120_000 }, async () => {
    const transport = createConnectTransport({ baseUrl: orchestrator.url, httpVersion: '1.1' });
    const client = createClient(LedgerService, transport);
    const { functions } = await client.getRecord({});
    const { functionId } = functions.find(({ name }) => name === 'credits') ?? {};
    const agent = idOf(ann);
    const [credits, body] = [functionId ?? '', { kind: 'join', team: 'owls' }];
    const joining = actionDraft({ function: credits, body, anchor: new Uint8Array(32).fill(7) });
    await client.submitEntry({ entry: await signEntry(ann, joining) });
    const row = ['--function', credits, '--row', `team-of/${agent}`];
    // Folded once it was told.
    const proven = () => verify(newHome(), [...row, '--json']);
    await expect
      .poll(proven, { timeout: 90_000, interval: 1_000 })
      .toMatchObject({ code: 0, stdout: expect.stringMatching(/"value":"owls"/) });
    const none = await verify(newHome(), ['--key', agent]);
    expect(none.stdout).toMatch(/ = nothing\nSo it was after entry \d+/);
    expect(none.code).toBe(0);
  });

  it('ends with 6 and names the entry whose bytes were changed', async () => {
    const from = await recordIn('whole-too', 300);
    const copy = join(folder, 'tampered');
    await cp(join(from, 'log'), copy, { recursive: true });
    const path = join(copy, 'tile/entries/000');
    const bytes = await readFile(path);
    bytes[bytes.byteLength - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(path, bytes);
    const { code, stdout } = await verify(newHome(), ['--from', copy, '--log', LOG]);
    expect(stdout).toMatch(/DIFFERS at entry 255/);
    expect(code).toBe(6);
  });

  it('ends with 6 where a root was claimed that is not true', async () => {
    const from = await recordIn('false-claim', 10, new Uint8Array(32));
    const { code, stdout } = await verify(newHome(), ['--from', from, '--log', LOG, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      difference: { kind: 'root', afterIndex: -1, index: 9 },
    });
    expect(code).toBe(6);
  });

  it('finds a fork against what was pinned, and keeps the proof', async () => {
    const home = newHome();
    const one = await recordIn('history', 20);
    const other = await recordIn('other-history', 300, new Uint8Array(32));
    expect((await verify(home, ['--from', one, '--log', LOG])).code).toBe(0);
    const { code, stdout, stderr } = await verify(home, ['--from', other]);
    expect(stdout).toMatch(/FORKED: the log signed two histories, of 21 and 301 entries\./);
    expect(code).toBe(6);
    const path = /The proof is in (.*): show/.exec(stderr)?.[1] ?? '';
    const proof = must(decodeForkProof(new Uint8Array(await readFile(path))));
    expect(await provesFork(noteKeyOf(logSigner), proof)).toBe(true);
    // The pin stays: the next run finds it again.
    expect((await verify(home, ['--from', other, '--level', 'consistency'])).code).toBe(6);
  });

  it('ends with 6 where a log shows less than it did', async () => {
    const home = newHome();
    const small = await recordIn('small', 20);
    const large = await recordIn('large', 40);
    expect((await verify(home, ['--from', large, '--log', LOG])).code).toBe(0);
    const { code, stdout } = await verify(home, ['--from', small]);
    expect(stdout).toMatch(/SMALLER than what was seen before/);
    expect(code).toBe(6);
  });

  it('trusts no key that nobody named, and none but the one that is pinned', async () => {
    const from = await recordIn('keys', 5);
    expect(await verify(newHome(), ['--from', from])).toMatchObject({ code: 2 });
    const stranger = noteKeyOf({ name: 'log.example', signer: await knownSigner(7) });
    const strange = await verify(newHome(), [
      ...['--from', from, '--log', formatVerifierKey(stranger)],
    ]);
    expect(strange.stderr).toMatch(/not to be trusted: no log of the policy signed it/);
    expect(strange.code).toBe(1);
  });

  it('holds to a policy file, and refuses one that asks for a witness that did not see it', async () => {
    const from = await recordIn('policy', 5);
    const path = join(folder, 'policy.txt');
    await writeFile(path, `log ${LOG}\nquorum none\n`);
    expect((await verify(newHome(), ['--from', from, '--policy', path])).code).toBe(0);
    const witness = { name: 'witness.example', signer: await knownSigner(6) };
    await writeFile(path, policyText(logSigner, [witness]));
    const { code, stderr } = await verify(newHome(), ['--from', from, '--policy', path]);
    expect(stderr).toMatch(/not to be trusted: no witness saw it/);
    expect(code).toBe(1);
  });

  it('pins nothing when it is interrupted', async () => {
    const home = newHome();
    const stop = new AbortController();
    stop.abort();
    expect((await verify(home, [], stop.signal)).code).toBe(130);
    expect(await readdir(home).catch(() => [])).toEqual([]);
  });

  it.each([
    [['--level', 'tile'], /which tile/],
    [['--level', 'all'], /--level all is none/],
    [['--tile', 'x'], /--tile x is none/],
    [['--level', 'balance'], /which row/],
    [['--key', 'nobody'], /is not an agent's key/],
    [['--from', '/nowhere'], /neither a folder with a record nor an address/],
  ])('ends with 2 for %j', async (args, message) => {
    const { code, stderr } = await verify(newHome(), args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});
