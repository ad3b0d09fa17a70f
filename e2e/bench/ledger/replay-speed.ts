import { openNodeEngine } from '../../../src/execution-machine/node.ts';
import { certain } from '../../network/client.ts';
import { findBrowser } from '../../setup/install-browser.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { inChromium } from './machine-page.ts';
import { ACCOUNTS, replayRuns, transferLog, TRANSFERS, type ReplayRun } from './replay-work.ts';

const RUNS = 4;
const ABOUT = {
  suite: 'ledger',
  unit: 'interactions/s',
  better: 'higher',
  work: `${TRANSFERS} transfers over ${ACCOUNTS} accounts, a state root every 4096, one thread`,
  peer: 'the floor: the same function in the same engine over a bare Map, no roots, no proofs',
  goal: '>= 100000',
} as const;

/** How fast a log of transfers is folded again, in Node and in a worker of Chromium. */
export async function replaySpeed(): Promise<readonly Line[]> {
  const engine = certain(await openNodeEngine());
  const log = transferLog(engine);
  const node = await replayRuns(engine, { log, count: RUNS });
  const roots = new Set(node.map(({ root }) => root));
  const lines: Line[] = [figureOf({ ...ABOUT, name: 'replay-per-second-node' }, runsOf(node))];
  const name = 'replay-per-second-chromium';
  const browser = findBrowser();
  if (browser === null) {
    return [...lines, { suite: 'ledger', name, skipped: 'no browser: "npm run browser"' }];
  }
  const there = await replayInChromium(browser);
  for (const { root } of there) roots.add(root);
  if (roots.size !== 1) throw new Error(`the roots differ: ${[...roots].join(', ')}`);
  return [...lines, figureOf({ ...ABOUT, name }, runsOf(there))];
}

async function replayInChromium(browser: string): Promise<readonly ReplayRun[]> {
  const answer = await inChromium(browser, 'replay');
  if (answer.kind !== 'replay') throw new Error(`the page answered ${JSON.stringify(answer)}`);
  return answer.runs;
}

function runsOf(replayed: readonly ReplayRun[]): readonly Run[] {
  return replayed.map(({ perSecond, floorPerSecond }) => {
    return { value: perSecond, ours: perSecond, peer: floorPerSecond };
  });
}
