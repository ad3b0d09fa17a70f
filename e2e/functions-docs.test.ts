// Does what docs/functions.md and docs/governance.md say: their commands, as they stand there, in a
// shell, against a real orchestrator.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, startNetwork, type Program } from './network/processes.ts';
import { ROOT } from './setup/program.ts';

const SHELL_MS_MAX = 400_000;
const folder = mkdtempSync(join(tmpdir(), 'manyhands-functions-docs-'));
let program: Program;
let url = '';

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  // Published late, so that a command that reads what is published has to wait for what was taken.
  const args = ['--no-welcome-job', '--disk-reserve', '0', '--log-level', 'error'];
  args.push('--publish-every', '5000');
  program = await startNetwork({ port, data: join(folder, 'data'), args });
  // As in a folder where the package is installed: what "npx manyhands" then runs.
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const cli = join(ROOT, 'src/cli/manyhands.mjs');
  const npx = `#!/bin/sh\n[ "$1" = manyhands ] || exit 99\nshift\nexec "${process.execPath}" "${cli}" "$@"\n`;
  writeFileSync(join(bin, 'npx'), npx);
  chmodSync(join(bin, 'npx'), 0o755);
  cpSync(join(ROOT, 'docs/examples'), join(folder, 'docs/examples'), { recursive: true });
});

afterAll(async () => {
  await program.killHard();
  rmSync(folder, { recursive: true, force: true });
});

describe('docs/functions.md', () => {
  it(
    'deploys what a newcomer wrote, and both examples',
    async () => {
      const page = pageOf('functions.md');
      // The two files that the page has the reader write.
      const [source = ''] = blocksOf(page, 'js');
      const [actions = ''] = blocksOf(page, 'json');
      writeFileSync(join(folder, 'tally.js'), source);
      writeFileSync(join(folder, 'actions.json'), actions);
      const [simulated = '', tally = '', poll = '', names = ''] = blocksOf(page, 'sh');
      expect(simulated).toContain('fn simulate');
      // Its last action is one that the function refuses, and so is the command's end.
      const tried = await shell(simulated);
      expect(tried.stdout).toMatch(/^function b[a-z2-7]{58}\n/);
      expect(tried.stdout).toContain('"value":3}');
      const written = await shell(tally);
      expect(written).toMatchObject({ code: 0 });
      expect(written.stdout).toMatch(/^3\n7\n"of\/[\w-]{43}" = 7\n"of\/[\w-]{43}" = 7\n$/);
      expect(written.stderr).toMatch(/claimed roots are true/);
      expect(await shell(poll)).toMatchObject({
        code: 0,
        stdout: '"multilingual"\n"count/1" = 1\n',
      });
      const claimed = await shell(names);
      expect(claimed.code).toBe(0);
      expect(claimed.stdout).toContain('"value":"https://ann.example"');
    },
    SHELL_MS_MAX,
  );
});

describe('docs/governance.md', () => {
  it(
    'walks a change of a price from its proposal to the next credits',
    async () => {
      const script = blocksOf(pageOf('governance.md'), 'sh').join('\n');
      const { code, stdout, stderr } = await shell(script);
      expect({ code, stderr }).toMatchObject({ code: 0 });
      const lines = stdout.trim().split('\n');
      expect(lines).toContain('"accepted"');
      expect(lines.at(-1)).toBe('33');
      expect(lines).toContain('3');
    },
    SHELL_MS_MAX,
  );
});

function pageOf(name: string): string {
  return readFileSync(join(ROOT, 'docs', name), 'utf8');
}

/** The fenced blocks of a language, in order. */
function blocksOf(page: string, language: string): string[] {
  return [...page.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
    .filter(([, named]) => named === language)
    .map(([, , text = '']) => text);
}

/** Runs commands as somebody types them; the first that fails ends it. */
async function shell(script: string) {
  const child = spawn('sh', ['-e', '-c', script], {
    cwd: folder,
    env: {
      ...process.env,
      PATH: [join(folder, 'bin'), process.env['PATH']].join(delimiter),
      MANYHANDS_HOME: join(folder, 'home'),
      MANYHANDS_ORCHESTRATOR: url,
      NO_COLOR: '1',
    },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
