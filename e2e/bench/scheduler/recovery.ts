import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openHoldings } from '../../../src/orchestrator/holdings.ts';
import { certain } from '../../network/client.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { removeFolder, temporaryFolder } from '../leftovers.ts';
import { AGENTS, fillLog, OPEN_TASKS, quiet } from './full-log.ts';

const RUNS = 5;

/**
 * From opening a data folder to the state that its log leads to, by the path that a start takes: a
 * million tasks that are with agents, and as much behind the last snapshot as there ever is.
 */
export async function recovery(): Promise<readonly Line[]> {
  const data = temporaryFolder();
  try {
    const { snapshotBytes, eventCount } = await fillLog(data);
    const runs: Run[] = [];
    while (runs.length < RUNS) {
      const peer = readAll(join(data, 'log.sqlite'));
      const ours = await recover(data);
      runs.push({ value: ours, ours, peer });
    }
    const content = `a snapshot of ${mibOf(snapshotBytes)} MiB, ${eventCount} events, outputs`;
    const size = mibOf(statSync(join(data, 'log.sqlite')).size);
    const about = {
      suite: 'scheduler',
      name: 'recovery-1m-ms',
      unit: 'ms',
      better: 'lower',
      work: `${OPEN_TASKS} leased tasks, ${AGENTS} agents; ${size} MiB: ${content}; cached by the system`,
      peer: 'reading the same bytes',
      goal: '<= 5000',
    } as const;
    return [figureOf(about, runs)];
  } finally {
    removeFolder(data);
  }
}

async function recover(data: string): Promise<number> {
  const startedAtMs = performance.now();
  const { store, recovered } = certain(await openHoldings(data, quiet));
  const ms = performance.now() - startedAtMs;
  const { open } = recovered.state.leases;
  if (open < OPEN_TASKS) throw new Error(`${open} leases of ${OPEN_TASKS} were recovered`);
  await store.close();
  return ms;
}

function readAll(path: string): number {
  const startedAtMs = performance.now();
  const file = openSync(path, 'r');
  const chunk = new Uint8Array(2 ** 20);
  while (readSync(file, chunk) > 0);
  closeSync(file);
  return performance.now() - startedAtMs;
}

function mibOf(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
