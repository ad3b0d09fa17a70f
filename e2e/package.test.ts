import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeNpyHeader } from '../src/data/index.ts';
import { ROOT } from './setup/program.ts';

const BUILD_MS_MAX = 300_000;
const REGISTRY_FAULT = /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ECONNRESET|E40[34]/;
const folder = mkdtempSync(join(tmpdir(), 'manyhands-package-'));
const installed = join(folder, 'elsewhere');
const environment = {
  ...process.env,
  // The Node of this test before the machine's, as whoever installs the package has one.
  PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
  MANYHANDS_HOME: join(folder, 'home'),
  NO_COLOR: '1',
};
const running: ChildProcess[] = [];
/** Why there is nothing to test: the registry cannot be reached. */
let offline: string | null = null;

describe('the package, installed in an empty folder', () => {
  beforeAll(() => {
    const archive = pack();
    mkdirSync(installed);
    writeFileSync(join(installed, 'package.json'), '{"private": true}');
    const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', archive];
    const npm = spawnSync('npm', install, { cwd: installed, env: environment, encoding: 'utf8' });
    if (npm.status === 0) return;
    if (!REGISTRY_FAULT.test(npm.stderr)) throw new Error(npm.stderr);
    offline = 'the package registry cannot be reached';
    console.log(`skipped: package elsewhere (${offline})`);
  }, BUILD_MS_MAX);

  afterAll(() => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('prints its help', (context) => {
    context.skip(offline !== null, offline ?? '');
    expect(manyhands('--help')).toContain('Usage: manyhands');
  });

  it('serves the page, and computes a job with an agent', async (context) => {
    context.skip(offline !== null, offline ?? '');
    const start = begin('start', '--port', '0', '--no-welcome-job');
    const [, url = ''] = await said(start, /Page +(http:\S+)/);
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<script type="module"');
    begin('agent', '--orchestrator', url, '--threads', '1', '--key', join(folder, 'key.pem'));
    writeGraph();
    const output = join(installed, 'y.npy');
    const graph = ['--graph', 'graph.json', '--output', output];
    manyhands('job', 'submit', 'operators', ...graph, '--watch', '--orchestrator', url);
    const values = Uint8Array.from(readFileSync(output).subarray(-16));
    expect([...new Float32Array(values.buffer)]).toEqual([0, 2, 0, 4]);
    const deployed = manyhands('fn', 'deploy', writeFunction(), '--orchestrator', url).trim();
    const script = `import { openNetwork } from 'manyhands/functions';
      const network = openNetwork(${JSON.stringify(url)});
      const read = await network.read({ function: ${JSON.stringify(deployed)}, key: 'n' });
      console.log(JSON.stringify(read.ok && { value: read.value.value ?? null }));`;
    const node = ['--input-type=module', '-e', script];
    const options = { cwd: installed, env: environment, encoding: 'utf8' } as const;
    expect(execFileSync(process.execPath, node, options)).toBe('{"value":null}\n');
    start.kill('SIGINT');
    expect((await once(start, 'exit'))[0]).toBe(0);
  });
});

/** Packs a copy of the working tree: builds in the tree itself would disturb other tests. */
function pack(): string {
  const copy = join(folder, 'checkout');
  const left = new Set(['.git', 'node_modules', 'dist', 'test-results']);
  for (const name of readdirSync(ROOT)) {
    if (!left.has(name)) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const options = { cwd: copy, env: environment, encoding: 'utf8' } as const;
  const npm = spawnSync('npm', ['pack', '--pack-destination', folder], options);
  if (npm.status !== 0) throw new Error(`npm pack failed:\n${npm.stdout}\n${npm.stderr}`);
  return join(folder, npm.stdout.trim().split('\n').at(-1) ?? '');
}

function writeGraph(): void {
  const values = new Float32Array([-1, 2, -3, 4]);
  const header = encodeNpyHeader({ dtype: 'float32', shape: [2, 2] });
  writeFileSync(join(installed, 'x.npy'), Buffer.concat([header, Buffer.from(values.buffer)]));
  const nodes = [{ operator: 'relu', inputs: ['x'], output: 'y' }];
  const graph = { inputs: { x: 'x.npy' }, nodes, outputs: ['y'] };
  writeFileSync(join(installed, 'graph.json'), JSON.stringify(graph));
}

function writeFunction(): string {
  const source = `export function handle(db) {\n  db.set('n', (db.get('n') ?? 0) + 1);\n}\n`;
  writeFileSync(join(installed, 'counter.js'), source);
  return 'counter.js';
}

/** Runs the installed command to its end. */
function manyhands(...args: string[]): string {
  return execFileSync('npx', ['manyhands', ...args], {
    cwd: installed,
    env: environment,
    encoding: 'utf8',
    timeout: 60_000,
  });
}

/** Starts the installed command. */
function begin(...args: string[]): ChildProcess {
  const bin = join(installed, 'node_modules/.bin/manyhands');
  const child = spawn(bin, args, { cwd: installed, env: environment });
  running.push(child);
  return child;
}

/** Waits until a process has printed what matches. */
async function said(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    const match = pattern.exec(text);
    if (match !== null) return match;
  }
  throw new Error(`ended without ${pattern}:\n${text}`);
}
