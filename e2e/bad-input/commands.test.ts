import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { certain } from '../network/client.ts';
import { HandDrivenAgent } from '../network/hand-driven-agent.ts';
import { testOrchestrator, type TestOrchestrator } from '../network/orchestrator.ts';
import { freePort, manyhands, startNetwork, type Program } from '../network/processes.ts';
import { sinkFor } from '../network/uploads.ts';
import { encodeNpyHeader, writeBlob } from '../../src/data/index.ts';
import type { JobId } from '../../src/domain/ids.ts';
import { runCommand } from '../../src/cli/run-command.ts';
import { openTerminal } from '../../src/cli/terminal.ts';
import { digitsAreHere, DIGITS_MODEL } from '../trust/works.ts';

const folder = mkdtempSync(join(tmpdir(), 'manyhands-bad-input-'));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command in this process. */
async function run(args: readonly string[], environment: Record<string, string> = {}) {
  let [stdout, stderr] = ['', ''];
  const terminal = openTerminal({
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  const { signal } = new AbortController();
  const code = await runCommand(args, {
    terminal,
    environment,
    signal,
    pauseSwitch: () => () => undefined,
  });
  return { code, stdout, stderr };
}

/** A float32 .npy file. */
function npy(name: string, of: { shape: readonly number[]; value?: number }): string {
  const count = of.shape.reduce((product, size) => product * size, 1);
  const values = new Float32Array(count).fill(of.value ?? 1);
  const header = encodeNpyHeader({ dtype: 'float32', shape: of.shape });
  writeFileSync(at(name), Buffer.concat([header, Buffer.from(values.buffer)]));
  return at(name);
}

function reluOf(input: string, name = 'relu.json'): string {
  const nodes = [{ operator: 'relu', inputs: ['x'], output: 'y' }];
  writeFileSync(at(name), JSON.stringify({ inputs: { x: input }, nodes, outputs: ['y'] }));
  return at(name);
}

describe('start', () => {
  // Real processes: what they print and their exit code is what an operator sees.
  const start = (...args: string[]) =>
    manyhands(['start', '--home', at('home'), '--port', '0', ...args]);

  it('refuses a port that is in use, naming it and --port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const refused = await manyhands(['start', '--home', at('home'), '--port', port]);
    server.close();
    expect(refused.stderr).toMatch(new RegExp(`port ${port} .*in use.*--port`));
    expect(refused.code).toBe(1);
  });

  it('refuses a data folder that another orchestrator has, which goes on', async () => {
    const first = await testOrchestrator();
    const refused = await start('--data', first.data);
    expect(refused.stderr).toMatch(/in use by another orchestrator.*--data/);
    expect(refused.code).toBe(1);
    expect((await fetch(`${first.url}/healthz`)).status).toBe(200);
    await first.close();
  });

  it('refuses a data folder that cannot be made or written', async () => {
    writeFileSync(at('file'), '');
    for (const data of [at('file'), join(at('file'), 'below'), '/dev/null/store']) {
      const refused = await run(['start', '--home', at('home'), '--port', '0', '--data', data]);
      expect(refused.stderr).toMatch(/^error: .*(Check the folder|Make its folder).*--data/s);
      expect(refused.code).toBe(1);
    }
  });

  it.each([
    [['--port', 'http'], {}, /--port is "http".*0 to 65535/],
    [['--checker-threads', '0'], {}, /--checker-threads.*1 to 64/],
    [['--log-level', 'loud'], {}, /--log-level.*debug, info/],
    [['--cors-origins', 'x'], {}, /--cors-origins.*https:\/\/example.org/],
    [['--tls-cert', 'a.pem'], {}, /Add --tls-key/],
    [['--tls-cert', 'a.pem', '--tls-key', 'b.pem'], {}, /cannot be read.*--tls-cert/],
    [[], { MANYHANDS_DISK_RESERVE: '-1' }, /MANYHANDS_DISK_RESERVE.*0 to 1048576/],
    [['--config', '/nowhere.json'], {}, /nowhere.json cannot be read.*--config/],
  ])('refuses %j with %j, saying what is allowed', async (args, environment, message) => {
    const home = at('never');
    const refused = await run(['start', '--home', home, ...args], environment);
    expect(refused.stderr).toMatch(message);
    expect(refused.code).toBe(2);
    expect(existsSync(home)).toBe(false);
  });
});

describe('with an orchestrator', () => {
  let orchestrator: TestOrchestrator;
  let agent: HandDrivenAgent;
  beforeAll(async () => {
    orchestrator = await testOrchestrator();
    agent = await HandDrivenAgent.join(orchestrator.url);
  });
  afterAll(() => orchestrator.close());
  const on = (...args: string[]) =>
    run([...args, '--orchestrator', orchestrator.url], {
      MANYHANDS_API_KEY: orchestrator.producer.apiKey,
    });
  const jobs = async () => (await orchestrator.producer.jobs.listJobs({})).jobs.length;

  const inference = (of: { model: string; input: string; output?: string }) =>
    on(
      'job',
      'submit',
      'inference',
      '--model',
      of.model,
      '--input',
      of.input,
      ...[...(of.output === undefined ? [] : ['--output', of.output])],
    );

  it.skipIf(!digitsAreHere).each([
    ['is cut off', (bytes: Buffer) => bytes.subarray(0, bytes.byteLength >> 1), /ONNX/],
    ['is no model', () => Buffer.from('not a model at all'), /ONNX/],
    ['is empty', () => Buffer.alloc(0), /ONNX|empty/],
  ])('a model that %s is refused before anything is uploaded', async (_, damage, message) => {
    writeFileSync(at('bad.onnx'), damage(readFileSync(DIGITS_MODEL)));
    const input = npy('x.npy', { shape: [2, 1, 28, 28] });
    const refused = await inference({ model: at('bad.onnx'), input });
    expect(refused.stderr).toMatch(message);
    expect(refused.stderr).toContain('bad.onnx');
    expect(refused.code).toBe(1);
    expect(await jobs()).toBe(0);
  });

  it.skipIf(!digitsAreHere)(
    'a model with an operator that does not exist is refused by its name',
    async () => {
      const model = Buffer.from(readFileSync(DIGITS_MODEL));
      for (let found = model.indexOf('MaxPool'); found >= 0; found = model.indexOf('MaxPool')) {
        model.write('MixPool', found);
      }
      writeFileSync(at('unknown.onnx'), model);
      const input = npy('x.npy', { shape: [2, 1, 28, 28] });
      const refused = await inference({ model: at('unknown.onnx'), input });
      expect(refused.stderr).toMatch(/MixPool/);
      expect(refused.code).toBe(1);
      expect(await jobs()).toBe(0);
    },
  );

  it.skipIf(!digitsAreHere)('rows of another shape than the model takes are refused', async () => {
    const input = npy('x.npy', { shape: [2, 3, 28, 28] });
    const refused = await inference({ model: DIGITS_MODEL, input });
    expect(refused.stderr).toMatch(/shape|\[2,3,28,28\]|1,28,28/);
    expect(refused.code).toBe(1);
    expect(await jobs()).toBe(0);
  });

  it.each([
    ['is cut off by one byte', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['is one byte too long', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from([0])])],
    ['is no .npy file', () => Buffer.from('hello')],
    ['is empty', () => Buffer.alloc(0)],
    [
      'is in Fortran order',
      (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace('False', 'True '), 'latin1'),
    ],
    [
      'has a type that is not known',
      (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace('<f4', '<c8'), 'latin1'),
    ],
  ])('an input that %s is refused by its name, and no job is made', async (_, damage) => {
    const whole = readFileSync(npy('x.npy', { shape: [2, 2] }));
    writeFileSync(at('x.npy'), damage(whole));
    const refused = await on('job', 'submit', 'operators', '--graph', reluOf('x.npy'));
    expect(refused.stderr).toMatch(/^error: .*x\.npy/);
    expect(refused.code).toBe(1);
    expect(await jobs()).toBe(0);
  });

  it.each([
    [
      'an operator that is none',
      { nodes: [{ operator: 'eval', inputs: ['x'], output: 'y' }] },
      /eval/,
    ],
    [
      'a tensor that is none',
      { nodes: [{ operator: 'relu', inputs: ['z'], output: 'y' }] },
      /"?z"?/,
    ],
    [
      'inner sizes that differ',
      { nodes: [{ operator: 'matmul', inputs: ['x', 'x'], output: 'y' }] },
      /matmul/,
    ],
  ])('a graph with %s is refused by its name', async (_, changes, message) => {
    npy('x.npy', { shape: [2, 3] });
    const graph = { inputs: { x: 'x.npy' }, outputs: ['y'], ...changes };
    writeFileSync(at('bad.json'), JSON.stringify(graph));
    const refused = await on('job', 'submit', 'operators', '--graph', at('bad.json'));
    expect(refused.stderr).toMatch(message);
    expect(refused.code).not.toBe(0);
    expect(await jobs()).toBe(0);
  });

  it('a task that needs more memory than anybody lends is refused, naming the bytes', async () => {
    const small = { memoryBytes: 2 ** 20 };
    const alone = await testOrchestrator();
    await HandDrivenAgent.join(alone.url, { changes: small });
    npy('wide.npy', { shape: [2, 200_000] });
    const refused = await run(
      ['job', 'submit', 'operators', '--graph', reluOf('wide.npy'), '--orchestrator', alone.url],
      { MANYHANDS_API_KEY: alone.producer.apiKey },
    );
    expect(refused.stderr).toMatch(/needs \d+ MiB of memory.*more than 1 MiB.*--memory/);
    expect(refused.code).toBe(1);
    await alone.close();
  });

  it('a wrong key is refused, and says where the right one is', async () => {
    const wrong = ['--api-key', `mh_${'x'.repeat(43)}`];
    npy('x.npy', { shape: [2, 2] });
    const refused = await on('job', 'submit', 'operators', '--graph', reluOf('x.npy'), ...wrong);
    expect(refused.stderr).toMatch(/not known.*--api-key or MANYHANDS_API_KEY/);
    expect(refused.code).toBe(1);
  });

  it('an output path that cannot be written is refused before the job is made', async () => {
    npy('x.npy', { shape: [2, 2] });
    for (const path of [at('none/y.npy'), folder, '/proc/y.npy']) {
      const args = ['--graph', reluOf('x.npy'), '--output', path];
      const refused = await on('job', 'submit', 'operators', ...args);
      expect(refused.stderr).toMatch(/cannot write .*Name another place/);
      expect(refused.code).toBe(1);
    }
    expect(await jobs()).toBe(0);
  });

  it('an output whose blocks are gone leaves the old file as it was, and no part of a new', async () => {
    npy('x.npy', { shape: [40, 4000], value: 2 });
    const args = ['job', 'submit', 'operators', '--graph', reluOf('x.npy')];
    const job = (await on(...args)).stdout.trim();
    const stop = new AbortController();
    const working = agent.work(stop.signal);
    // The command printed the id of the job that it made.
    await orchestrator.producer.watch(job as JobId);
    stop.abort();
    await working;
    const output = at('out/y.npy');
    mkdirSync(at('out'));
    writeFileSync(output, 'the old file');
    const blocks = readdirSync(orchestrator.data, { recursive: true, encoding: 'utf8' });
    for (const block of blocks.filter((path) => /baf(kr|yr)ei/.test(path))) {
      rmSync(join(orchestrator.data, block), { recursive: true, force: true });
    }
    const refused = await on('job', 'output', job, '--output', output);
    expect(refused.stderr).toMatch(/^error: /m);
    expect(refused.code).not.toBe(0);
    expect(readFileSync(output, 'utf8')).toBe('the old file');
    expect(readdirSync(at('out'))).toEqual(['y.npy']);
  });
});

describe('a full disk', () => {
  const disk = at('disk');
  const mounted = mountTmpfs(disk);
  if (!mounted) console.log('skipped: full disk, as no tmpfs can be mounted here');
  afterAll(() => {
    if (mounted) execFileSync('umount', [disk]);
  });

  it.skipIf(!mounted)('refuses blocks and jobs, loses nothing, and takes them again', async () => {
    const data = join(disk, 'store');
    const orchestrator = await testOrchestrator({ changes: { data, home: data, diskReserve: 1 } });
    onTestFinished(() => orchestrator.close());
    const apiKey = readFileSync(join(data, 'api-key'), 'utf8').trim();
    const sink = sinkFor(orchestrator.url, apiKey);
    const filler = join(disk, 'filler');
    const write = (byte: number) => writeBlob(sink, onceOf(new Uint8Array(300_000).fill(byte)));
    const before = certain(await write(1));
    const { bavail, bsize } = statfsSync(disk);
    execFileSync('fallocate', ['-l', String(bavail * bsize - 512 * 1024), filler]);
    // Free space is looked at once a second.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const full = await write(2);
    expect(full).toMatchObject({ ok: false, failure: { code: 'storage_full' } });
    expect(full.ok ? '' : full.failure.message).toMatch(/Free some space/);
    expect((await fetch(`${orchestrator.url}/ipfs/${before.blob}`)).status).toBe(200);
    rmSync(filler);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const after = certain(await write(2));
    expect((await fetch(`${orchestrator.url}/ipfs/${after.blob}`)).status).toBe(200);
  });
});

describe('kill -9 of the orchestrator', () => {
  const started: Program[] = [];
  afterEach(() => Promise.all(started.map((program) => program.killHard())));

  it('between upload and submit loses no block, and the job can then be submitted', async () => {
    const port = await freePort();
    const data = at('killed');
    const args = ['--no-welcome-job', '--log-level', 'warn'];
    const first = await startNetwork({ port, data, args });
    started.push(first);
    const url = `http://127.0.0.1:${port}`;
    npy('x.npy', { shape: [40, 4000], value: -1 });
    const put = await run(['data', 'put', at('x.npy'), '--orchestrator', url], {
      MANYHANDS_HOME: data,
    });
    expect(put.code).toBe(0);
    await first.killHard();
    started.push(await startNetwork({ port, data, args }));
    const sent = await run(
      ['job', 'submit', 'operators', '--graph', reluOf('x.npy'), '--orchestrator', url],
      { MANYHANDS_HOME: data },
    );
    expect(sent.stderr).toBe(sent.stderr.replace(/error:/, ''));
    expect(sent.code).toBe(0);
    const agent = await HandDrivenAgent.join(url);
    expect((await agent.lease(1)).length).toBe(1);
  });
});

function mountTmpfs(path: string): boolean {
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function* onceOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
