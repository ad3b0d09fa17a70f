import { join } from 'node:path';
import { openProcessor } from '../../../src/execution-machine/index.ts';
import { openNodeEngine } from '../../../src/execution-machine/node.ts';
import { certain } from '../../network/client.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { installPeerModules } from '../scheduler/peers/modules.ts';
import { openWarp } from './peers/warp.ts';
import { replay, transferLog, TRANSFERS } from './replay-work.ts';

const RUNS = 3;
const ABOUT = {
  suite: 'ledger',
  name: 'replay-over-warp',
  unit: 'ratio',
  better: 'higher',
  work: `${TRANSFERS} transfers over 1000 accounts in Node; CPU seconds of all threads`,
  peer: 'warp-contracts 1.4.45, interactions from memory, no state root',
  goal: '>= 20',
} as const;

/** How many times as many transfers a CPU second folds as warp-contracts does of the same log. */
export async function replayOverWarp(): Promise<readonly Line[]> {
  const load = await installPeerModules(join(import.meta.dirname, 'peers'));
  if ('skipped' in load) return [{ suite: ABOUT.suite, name: ABOUT.name, skipped: load.skipped }];
  const fold = await openWarp(load);
  const engine = certain(await openNodeEngine());
  const log = transferLog(engine);
  const transfers = log.slice(1);
  // Both have been compiled, and come to the same balances.
  const few = transfers.slice(0, 2_000);
  const processor = openProcessor(engine);
  await processor.apply([...log.slice(0, 1), ...few]);
  const id = few[0]?.function ?? '';
  for (const [account, balance] of Object.entries(await fold(few))) {
    const ours = processor.read({ function: id, key: account });
    if (ours !== balance) throw new Error(`${account} has ${ours} here and ${balance} there`);
  }
  processor.dispose();
  const runs: Run[] = [];
  for (let run = 0; run < RUNS; run++) {
    const peer = TRANSFERS / (await cpuSeconds(() => fold(transfers)));
    const ours = TRANSFERS / (await cpuSeconds(() => replay(engine, log)));
    runs.push({ value: ours / peer, ours, peer });
  }
  return [figureOf(ABOUT, runs)];
}

/** Of this process: what else the machine does does not count. */
async function cpuSeconds(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
