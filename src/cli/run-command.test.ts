import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeNpyHeader } from '../data/index.ts';
import { configWith, startOrchestrator, type RunningOrchestrator } from '../orchestrator/index.ts';
import { runCommand } from './run-command.ts';
import { openTerminal } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'manyhands-cli-'));
const at = (name: string): string => join(folder, name);
const JOB = `job_${'0'.repeat(26)}`;

async function run(args: readonly string[], environment: Record<string, string> = {}) {
  let [stdout, stderr] = ['', ''];
  const terminal = openTerminal({
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  const { signal } = new AbortController();
  const surroundings = {
    terminal,
    signal,
    environment: { MANYHANDS_HOME: folder, ...environment },
    pauseSwitch: () => () => undefined,
  };
  return { code: await runCommand(args, surroundings), stdout, stderr };
}

/** A .npy file of float32 ones. */
function npy(name: string, shape: readonly number[]): string {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(1);
  const header = encodeNpyHeader({ dtype: 'float32', shape });
  writeFileSync(at(name), Buffer.concat([header, Buffer.from(values.buffer)]));
  return at(name);
}

function graph(name: string, changes: object): string {
  const nodes = [{ operator: 'relu', inputs: ['x'], output: 'y' }];
  const json = { inputs: { x: 'x.npy' }, nodes, outputs: ['y'], ...changes };
  writeFileSync(at(name), JSON.stringify(json));
  return at(name);
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a command line that is wrong', () => {
  it.each([
    [['nonsense'], /unknown command 'nonsense'/],
    [['job', 'list', '--nonsense'], /unknown option '--nonsense'/],
    [['job', 'submit', 'inference'], /'--model <file>' not specified/],
    [['job', 'show'], /missing required argument 'job'/],
    [['job', 'show', 'job_1'], /not a job's id/],
    [['job', 'list', '--limit', '0'], /--limit 0 is not a whole number from 1 to 200/],
    [['job', 'list', '--orchestrator', 'ftp://x'], /not an address/],
    [['job', 'list', '--api-key', 'secret'], /begins with mh_/],
    [['data', 'get', 'cid', '--output', 'x'], /not a content id/],
    [['data', 'put'], /missing required argument 'file'/],
    [['agent', '--orchestrator', 'http://x', '--orchestrator', 'ftp://x'], /ftp:\/\/x is not an/],
    [['agent', '--threads', '0'], /--threads 0 is not a whole number from 1 to 256/],
    [['agent', '--memory', 'much'], /--memory much is not an amount/],
    [['agent', '--memory', '1MiB'], /at least 64.0 MiB/],
    [['agent', '--memory', '900TiB'], /--memory 900TiB is more than this machine has, \d/],
    [['agent', '--backend', 'cuda'], /--backend cuda is none of: auto, wasm, webgpu/],
    [['agent', '--lie', 'white'], /--lie white is none of: one-element/],
    [['agent', '--rate', '0.5'], /--rate is of use with --lie only/],
    [['canary'], /needs its operator's key.*--operator-key/],
    [['canary', '--lie', 'white'], /--lie white is none of/],
    [['canary', '--rate', '2'], /--rate 2 is not a share/],
    [['canary', '--life', '0'], /--life 0 is not 1 to/],
    [['canary', '--pause', '-1'], /--pause -1 is not 0 to/],
    [['canary', '--lives', '0'], /--lives 0 is not a whole number/],
    [['start', '--port', '65536'], /--port is "65536".*0 to 65535/],
  ])('%j exits with 2 and says what is allowed', async (args, message) => {
    const { code, stderr } = await run(args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it.each([[['--help']], [['job', 'submit', 'operators', '--help']], [['start', '--help']]])(
    '%j prints help with the exit codes',
    async (args) => {
      const { code, stdout } = await run(args);
      expect(stdout).toContain('3    the job failed or was canceled');
      expect(code).toBe(0);
    },
  );
});

describe('--help', () => {
  it.each([
    [['job', 'list'], 'default http://localhost:8080'],
    [['agent'], 'default http://localhost:8080); may be given again'],
    [['agent'], 'gives no answer for 10 seconds, it joins the next'],
    [['start'], 'No small job for a new store'],
    [['job', 'submit', 'inference'], 'may be given again'],
  ])('of %j says: %s', async (command, text) => {
    const { stdout } = await run([...command, '--help']);
    expect(stdout.replace(/\s+/g, ' ')).toContain(text);
    expect(stdout).not.toContain('default: []');
  });
});

describe('start --print-config', () => {
  it('takes flags before the environment and leaves switches that were not given alone', async () => {
    const environment = { MANYHANDS_PORT: '1', MANYHANDS_WELCOME_JOB: 'false' };
    const { code, stdout } = await run(['start', '--port', '2', '--print-config'], environment);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ port: 2, welcomeJob: false, home: folder });
  });
});

describe('without an orchestrator', () => {
  it('exits with 4, naming the remedy, and as JSON too', async () => {
    const away = ['--orchestrator', 'http://127.0.0.1:1', '--json'];
    const { code, stdout, stderr } = await run(['job', 'list', ...away]);
    expect(stderr).toMatch(/cannot reach http:\/\/127.0.0.1:1 \(\w+\).*npx manyhands start/);
    expect(JSON.parse(stdout)).toMatchObject({ failure: { code: 'unavailable' } });
    expect(code).toBe(4);
  });

  it('asks the first that the environment names, and an agent lends to all of them', async () => {
    const environment = { MANYHANDS_ORCHESTRATOR: 'http://127.0.0.1:1, http://127.0.0.1:2' };
    const listed = await run(['job', 'list'], environment);
    expect(listed.stderr).toContain('cannot reach http://127.0.0.1:1 (');
    const key = at('agent.pem');
    writeFileSync(key, 'no key', { mode: 0o600 });
    const agent = await run(['agent', '--key', key], environment);
    expect(agent.stderr).toMatch(/Lending .* to http:\/\/127.0.0.1:1 or http:\/\/127.0.0.1:2\./);
  });
});

describe('with an orchestrator', () => {
  let orchestrator: RunningOrchestrator;
  const on = (...args: string[]) => run([...args, '--orchestrator', orchestrator.url]);

  beforeAll(async () => {
    const config = configWith({ port: 0, home: folder, welcomeJob: false, logLevel: 'silent' });
    const started = await startOrchestrator(config);
    if (!started.ok) throw new Error(started.failure.message);
    orchestrator = started.value;
  });
  afterAll(() => orchestrator.close());

  it.each([
    ['an empty file', 0],
    ['one leaf', 262_144],
    ['a leaf and a byte', 262_145],
    ['many leaves', 3_000_000],
  ])('stores %s and gives the same bytes back', async (_, size) => {
    const bytes = Buffer.alloc(size, 'many hands');
    writeFileSync(at('blob'), bytes);
    const put = await on('data', 'put', at('blob'), '--json');
    const { contentId } = JSON.parse(put.stdout);
    const got = await on('data', 'get', contentId, '--output', at('copy'));
    expect(got.code).toBe(0);
    expect(readFileSync(at('copy')).equals(bytes)).toBe(true);
  });

  it('does not store a folder, and says so', async () => {
    const { code, stderr } = await on('data', 'put', folder);
    expect(stderr).toMatch(/is a folder.*Name the files/);
    expect(code).toBe(1);
  });

  it('tells an address of another protocol', async () => {
    const other = orchestrator.url.replace('http:', 'https:');
    const { code, stderr } = await run(['job', 'list', '--orchestrator', other]);
    expect(stderr).toMatch(/does not speak TLS.*--orchestrator http:\/\//);
    expect(code).toBe(4);
  });

  it('leaves no file behind for a blob that nobody has', async () => {
    const unknown = `bafkrei${'a'.repeat(52)}`;
    const { code } = await on('data', 'get', unknown, '--output', at('absent'));
    expect(code).toBe(1);
    expect(readdirSync(folder).filter((name) => name.includes('absent'))).toEqual([]);
  });

  it('submits a graph, a small input in the message and a large one as a blob', async () => {
    for (const shape of [
      [2, 2],
      [300, 300],
    ]) {
      npy('x.npy', shape);
      const submitted = await on('job', 'submit', 'operators', '--graph', graph('g.json', {}));
      expect(submitted.stderr).toContain('npx manyhands job watch');
      const shown = await on('job', 'show', submitted.stdout.trim(), '--json');
      expect(JSON.parse(shown.stdout)).toMatchObject({ state: 'queued', rowCount: shape[0] });
    }
    const listed = await on('job', 'list', '--limit', '1', '--json');
    expect(listed.stdout.trim().split('\n')).toHaveLength(1);
  });

  it('cancels a job, whose watching then exits with 3', async () => {
    npy('x.npy', [4, 4]);
    const submitted = await on('job', 'submit', 'operators', '--graph', graph('g.json', {}));
    const job = submitted.stdout.trim();
    const canceled = await on('job', 'cancel', job);
    expect(canceled.stderr).toContain(`${job} is canceled.`);
    const again = await on('job', 'cancel', job);
    expect(again.stderr).toContain('is canceled already: there was nothing to cancel');
    expect(again.code).toBe(0);
    const watched = await on('job', 'watch', job);
    expect(watched.stderr).toContain('was canceled: it has no output');
    expect(watched.code).toBe(3);
  });

  it.each([
    [['job', 'show', JOB], 1],
    [['job', 'cancel', JOB], 1],
    [['job', 'output', JOB], 1],
    [['job', 'list', '--api-key', 'mh_wrong'], 1],
  ])('%j exits with %i', async (args, expected) => {
    const { code, stderr } = await on(...args);
    expect(stderr).toMatch(/^error: .+/);
    expect(code).toBe(expected);
  });

  it.each([
    ['an output whose folder is missing', {}, ['--output', at('none/y.npy')], /does not exist/],
    ['an unknown output', {}, ['--output', 'z=y.npy'], /no "z" for --output.*There is: y/],
    ['an input file that is missing', { inputs: { x: 'none.npy' } }, [], /no such file/],
    ['an input that is left open', { inputs: { x: null } }, [], /--input x=FILE.npy/],
    ['a wrong check', {}, ['--check', 'never'], /--check never is none of: adaptive/],
  ])('refuses %s before it uploads or submits anything', async (_, changes, args, message) => {
    npy('x.npy', [2, 2]);
    const before = await on('job', 'list', '--json');
    const file = graph('bad.json', changes);
    const { code, stderr } = await on('job', 'submit', 'operators', '--graph', file, ...args);
    expect(stderr).toMatch(message);
    expect(code).not.toBe(0);
    expect((await on('job', 'list', '--json')).stdout).toBe(before.stdout);
  });

  it('refuses a .npy file that was cut off', async () => {
    const whole = readFileSync(npy('x.npy', [2, 2]));
    writeFileSync(at('x.npy'), whole.subarray(0, -1));
    const { code, stderr } = await on('job', 'submit', 'operators', '--graph', graph('g.json', {}));
    expect(stderr).toContain('x.npy');
    expect(code).toBe(1);
  });
});
