import { startPostgres } from '../../setup/postgres.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { leaveNothingBehind } from '../leftovers.ts';
import { bullmq, bullmqEverySecond } from './peers/bullmq.ts';
import { graphileWorker } from './peers/graphile-worker.ts';
import { installPeerModules } from './peers/modules.ts';
import { nats } from './peers/nats.ts';
import type { OpenPeer, Peer } from './peers/peer.ts';
import { pgBoss } from './peers/pg-boss.ts';

const PEERS: readonly Peer[] = [pgBoss, graphileWorker, bullmq, bullmqEverySecond, nats];
const TASKS = 20_000;
const RUNS = 3;

export type PeerRates = {
  readonly name: string;
  readonly description: string;
  /** One a run, in the order of runs; empty where the peer was skipped. */
  readonly tasksPerSecond: readonly number[];
  /** Why it was not measured. */
  readonly skipped?: string;
};

/** Tasks a second of each peer, from the first submission to the last completion. */
export async function measurePeers(): Promise<readonly PeerRates[]> {
  return measureInTurn(async () => {});
}

/**
 * How many times as fast as each peer ours is, measured in turn: a run of ours, one of every peer,
 * and again.
 *
 * `ours` gives tasks a second, submitted, leased and complete.
 */
export async function overPeers(ours: () => Promise<number>): Promise<readonly Line[]> {
  const rates: number[] = [];
  const peers = await measureInTurn(async () => void rates.push(await ours()));
  return peers.map(({ name, description, tasksPerSecond, skipped }): Line => {
    const about = { suite: 'scheduler', name: `over-${name}` } as const;
    if (skipped !== undefined) return { ...about, skipped };
    const runs = tasksPerSecond.map((peer, index): Run => {
      const own = rates[index] ?? Number.NaN;
      return { value: own / peer, ours: own, peer };
    });
    return figureOf({ ...about, ...DETAILS, peer: `${description}, tasks/s` }, runs);
  });
}

const DETAILS = {
  unit: 'ratio',
  better: 'higher',
  work: `${TASKS} tasks of 1 number, submit to complete; clients and servers share the machine`,
} as const;

type Opened = { readonly peer: Peer; readonly open: OpenPeer | null; skipped?: string };

/** Everything is started and warm before the first run counts. */
async function measureInTurn(between: () => Promise<void>): Promise<readonly PeerRates[]> {
  const postgres = await startPostgres();
  const opened = await openAll(postgres?.url ?? null);
  const rates = new Map<Opened, number[]>(opened.map((one) => [one, []]));
  try {
    for (const { open } of opened) {
      await open?.run(TASKS / 4);
      await open?.tidy?.();
    }
    for (let run = 0; run < RUNS; run++) {
      await between();
      for (const [{ open }, measured] of rates) {
        if (open === null) continue;
        const startedAtMs = performance.now();
        await open.run(TASKS);
        measured.push((TASKS * 1_000) / (performance.now() - startedAtMs));
        await open.tidy?.();
      }
    }
    return Array.from(rates, ([{ peer, skipped }, tasksPerSecond]) => ({
      name: peer.name,
      description: peer.description,
      tasksPerSecond,
      ...(skipped === undefined ? {} : { skipped }),
    }));
  } finally {
    for (const { open } of opened) await open?.close();
    postgres?.stop();
  }
}

async function openAll(postgres: string | null): Promise<readonly Opened[]> {
  const load = await installPeerModules();
  const opened: Opened[] = [];
  for (const peer of PEERS) {
    const open = 'skipped' in load ? load : await peer.open({ load, postgres });
    if ('skipped' in open) opened.push({ peer, open: null, skipped: open.skipped });
    else opened.push({ peer, open });
  }
  return opened;
}

/** `node e2e/setup/run.mjs e2e/bench/scheduler/peers.ts`: the peers alone. */
export async function main(): Promise<number> {
  leaveNothingBehind();
  for (const rates of await measurePeers()) console.log(JSON.stringify(rates));
  return 0;
}
