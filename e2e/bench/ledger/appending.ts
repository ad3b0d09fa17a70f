import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogWriter } from '../../../src/ledger/index.ts';
import { openFolderLogStore } from '../../../src/ledger/node.ts';
import { certain } from '../../network/client.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { actions, benchLog, benchSigner, verifyMany } from './bench-log.ts';

const RUNS = 5;
const ENTRIES = 6_000;
const CALLERS = 256;
const VERIFICATIONS = 4_096;

/** Entries that become durable on disk, in process: signatures checked, flushed together. */
export async function appending(): Promise<readonly Line[]> {
  const entries = await actions(await benchSigner(), ENTRIES);
  const rates: Run[] = [];
  const costs: Run[] = [];
  for (let run = 0; run < RUNS; run++) {
    const verified = await measured(async () => {
      await verifyMany(VERIFICATIONS);
      return VERIFICATIONS;
    });
    const appended = await measured(() => append(entries));
    rates.push({ value: appended.rate, ours: appended.rate, peer: verified.rate });
    costs.push({ value: appended.cpuUs, ours: appended.cpuUs, peer: verified.cpuUs });
  }
  const work = `${ENTRIES} actions of 250 bytes, ${CALLERS} callers, to disk, in process`;
  const peer = 'Ed25519 verification, WebCrypto';
  return [
    figureOf(
      {
        ...{ suite: 'ledger', name: 'append-per-second', unit: 'entries/s', better: 'higher' },
        ...{ work, peer: `${peer}, a second`, goal: '>= 3000' },
      },
      rates,
    ),
    figureOf(
      { suite: 'ledger', name: 'append-cpu-us', unit: 'us of CPU', better: 'lower', work, peer },
      costs,
    ),
  ];
}

/** How many a second, and what CPU time each took, of all threads. */
async function measured(
  run: () => Promise<number>,
): Promise<{ readonly rate: number; readonly cpuUs: number }> {
  const startedAtMs = performance.now();
  const before = process.cpuUsage();
  const count = await run();
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  return { rate: count / seconds, cpuUs: (user + system) / count };
}

async function append(entries: readonly Uint8Array[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'manyhands-bench-log-'));
  try {
    const store = certain(await openFolderLogStore(folder));
    const writer = certain(await LogWriter.open(await benchLog(), store));
    const next = entries.values();
    const caller = async (): Promise<void> => {
      for (const entry of next) certain(await writer.append(entry));
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    certain(await writer.publish());
    await writer.close();
    return entries.length;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
