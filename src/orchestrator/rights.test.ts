import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { OrchestratorConfig } from './index.ts';
import { freshFolder, testConfig } from './volunteer.contract.ts';

/** What most systems call "nobody". */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const asNobody = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

/** Starts an orchestrator in a process without rights; gives how that failed. */
function failureOf(config: OrchestratorConfig): unknown {
  const entry = new URL('./index.ts', import.meta.url).href;
  const code = `
    const { startOrchestrator } = await import(${JSON.stringify(entry)});
    const started = await startOrchestrator(${JSON.stringify(config)});
    console.log(JSON.stringify(started.failure ?? null));
    process.exit();`;
  const args = ['--input-type=module', '-e', code];
  const ran = spawnSync(process.execPath, args, { ...asNobody, encoding: 'utf8' });
  return JSON.parse(ran.stdout);
}

/** A folder of the process's own user. */
function ownFolder(): string {
  const folder = freshFolder();
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  return folder;
}

const probe = spawnSync(
  process.execPath,
  ['-e', `fs.readFileSync(${JSON.stringify(import.meta.filename)})`],
  asNobody,
);
const cannotRun = probe.status !== 0;
if (cannotRun) {
  process.stderr.write('skipped: a user without rights (another user cannot read these files)\n');
}

const firstFreePort = portsFrom();
const allPortsFree = firstFreePort <= 1;
if (allPortsFree) {
  process.stderr.write('skipped: a port without rights (every user may have any port here)\n');
}

/** The first port that needs no rights. */
function portsFrom(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  } catch {
    // Not Linux: as it always was.
    return 1024;
  }
}

describe('without rights', { timeout: 60_000 }, () => {
  it.skipIf(cannotRun)('to write its data folder, an orchestrator says so', () => {
    const data = ownFolder();
    chmodSync(data, 0o555);
    expect(failureOf(testConfig({ home: ownFolder(), data }))).toMatchObject({
      code: 'storage_failed',
      message: expect.stringMatching(new RegExp(`${data}.*--data`)),
    });
  });

  it.skipIf(cannotRun || allPortsFree)('to its port, an orchestrator says so', () => {
    expect(failureOf(testConfig({ home: ownFolder(), port: firstFreePort - 1 }))).toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(/port \d+ needs more rights.*above \d+ with --port/),
    });
  });
});
