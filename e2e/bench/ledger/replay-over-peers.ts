import { join } from 'node:path';
import { openProcessor, type Engine, type Entry } from '../../../src/execution-machine/index.ts';
import { openNodeEngine } from '../../../src/execution-machine/node.ts';
import { certain } from '../../network/client.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { installPeerModules, type LoadModule } from '../scheduler/peers/modules.ts';
import { openThreeEm } from './peers/three-em.ts';
import { openWarp, type Fold } from './peers/warp.ts';
import { replay, transferLog, TRANSFERS } from './replay-work.ts';

const RUNS = 5;
/** As many come to the same balances here and there, and all code has been compiled by then. */
const COMPARED = 2_000;

type Peer = {
  readonly name: string;
  readonly peer: string;
  /** As many as it folds: what one takes does not depend on how many came before. */
  readonly transfers: number;
  readonly open: (load: LoadModule) => Promise<Fold>;
};

const PEERS: readonly Peer[] = [
  {
    name: 'replay-over-warp',
    peer: 'warp-contracts 1.4.45, interactions from memory, no state root',
    transfers: TRANSFERS,
    open: openWarp,
  },
  {
    name: 'replay-over-3em',
    peer: '@three-em/node 0.3.26, the first 10,000 of them, from memory, no state root',
    transfers: 10_000,
    open: openThreeEm,
  },
];

/** How many times as many transfers a CPU second folds as other machines do of the same log. */
export async function replayOverPeers(): Promise<readonly Line[]> {
  const load = await installPeerModules(join(import.meta.dirname, 'peers'));
  if ('skipped' in load) return PEERS.map((peer) => skipped(peer, load.skipped));
  const engine = certain(await openNodeEngine());
  const log = transferLog(engine);
  const lines: Line[] = [];
  for (const peer of PEERS) {
    const fold = await peer.open(load).catch((cause: unknown) => String(cause));
    // Native code is there for some machines alone.
    if (typeof fold === 'string') lines.push(skipped(peer, `it does not load here: ${fold}`));
    else lines.push(await beside(peer, { fold, engine, log }));
  }
  return lines;
}

async function beside(
  { name, peer, transfers }: Peer,
  of: { readonly fold: Fold; readonly engine: Engine; readonly log: readonly Entry[] },
): Promise<Line> {
  const { fold, engine, log } = of;
  await compare(of);
  const theirs = log.slice(1, 1 + transfers);
  const runs: Run[] = [];
  for (let run = 0; run < RUNS; run++) {
    const peerRate = transfers / (await cpuSeconds(() => fold(theirs)));
    const ours = TRANSFERS / (await cpuSeconds(() => replay(engine, log)));
    runs.push({ value: ours / peerRate, ours, peer: peerRate });
  }
  const work = `${TRANSFERS} transfers over 1000 accounts in Node; CPU seconds of all threads`;
  const shape = { suite: 'ledger', unit: 'ratio', better: 'higher', goal: '>= 20' } as const;
  return figureOf({ ...shape, name, peer, work }, runs);
}

async function compare(of: {
  readonly fold: Fold;
  readonly engine: Engine;
  readonly log: readonly Entry[];
}): Promise<void> {
  const few = of.log.slice(1, 1 + COMPARED);
  const processor = openProcessor(of.engine);
  await processor.apply([...of.log.slice(0, 1), ...few]);
  const id = few[0]?.function ?? '';
  for (const [account, balance] of Object.entries(await of.fold(few))) {
    const ours = processor.read({ function: id, key: account });
    if (ours !== balance) throw new Error(`${account} has ${ours} here and ${balance} there`);
  }
  processor.dispose();
}

function skipped({ name }: Peer, why: string): Line {
  return { suite: 'ledger', name, skipped: why };
}

/** Of this process: what else the machine does does not count. */
async function cpuSeconds(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
