import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// Only tests compile drafts.
import { compiledDraft, RELU_DRAFT } from '../kernels/workshop/compiled-draft.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'manyhands-endless-'));
const file = join(folder, 'endless.wasm');
const MAIN = join(import.meta.dirname, 'main.ts');
const running: ChildProcess[] = [];

/** A command whose draft never ends, in a process group of its own, and its workshop's process. */
async function endless(): Promise<{ command: ChildProcess; pid: number; workshop: number }> {
  const args = [MAIN, 'kernels', 'test', '--operator', 'relu', '--wasm', file, '--limit', '600'];
  const command = spawn(process.execPath, args, { detached: true, stdio: 'ignore' });
  running.push(command);
  const { pid } = command;
  if (pid === undefined) throw new Error('the command did not start');
  const children = `/proc/${pid}/task/${pid}/children`;
  for (;;) {
    const workshop = Number(existsSync(children) ? readFileSync(children, 'utf8').trim() : 0);
    // Its main thread works, and not only loads: more than a second of processor time.
    if (workshop > 0 && busyTicks(workshop) > 150) return { command, pid, workshop };
    await wait(50);
  }
}

/** Hundredths of a second of processor time. */
function busyTicks(pid: number): number {
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
  return Number(stat.split(' ')[13] ?? 0);
}

async function gone(pid: number): Promise<void> {
  while (!isGone(pid)) await wait(50);
}

/** Ended, whether or not its parent took note of that. */
function isGone(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] === 'Z';
  } catch {
    return true;
  }
}

describe.skipIf(!existsSync('/proc/self/task'))(
  'a workshop that never ends',
  { timeout: 60_000 },
  () => {
    beforeAll(async () => {
      const loop = 'let count = 1; while (load<i32>(sizes) >= 0) { count = count * 3 + 1; }';
      writeFileSync(file, await compiledDraft(RELU_DRAFT.replace('let count = 1;', loop)));
    });
    afterAll(() => {
      for (const command of running) command.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    });

    it('is gone after Ctrl-C, which every process of the terminal gets', async () => {
      const { command, pid, workshop } = await endless();
      process.kill(-pid, 'SIGINT');
      expect(await once(command, 'exit')).toEqual([130, null]);
      await gone(workshop);
    });

    it('is gone after the command was killed', async () => {
      const { command, workshop } = await endless();
      command.kill('SIGKILL');
      await gone(workshop);
      expect(isGone(workshop)).toBe(true);
    });
  },
);
