import { findBrowser } from '../setup/install-browser.ts';
import { freePort, startNetwork } from '../network/processes.ts';
import { buildBenchSite, DIRECT_PATH } from './bench-site.ts';
import { openChromium } from './chromium.ts';
import { figureOf, type Line, type Run } from './figure.ts';
import { removeFolder, temporaryFolder } from './leftovers.ts';
import { visitPeer, visitUntilAccepted } from './visit.ts';

const RUNS = 5;
const NAMES = { cold: 'first-accepted-cold-ms', warm: 'first-accepted-warm-ms' } as const;
const ABOUT = { suite: 'first-light', unit: 'ms', better: 'lower' } as const;
const PEER = 'onnxruntime-web 1.30 alone, to the output of its first matmul';

/**
 * From the start of navigation to the page showing its first accepted task, Start pressed as soon
 * as it is there, of the welcome jobs of a new network. Cold: a browser profile never used, the
 * orchestrator just started. Warm: the same profile's second visit, the network new again.
 */
export async function firstAccepted(): Promise<readonly Line[]> {
  const browser = findBrowser();
  if (browser === null) {
    const skipped = 'no browser: "npm run browser"';
    return Object.values(NAMES).map((name) => ({ suite: ABOUT.suite, name, skipped }));
  }
  const web = temporaryFolder();
  await buildBenchSite(web);
  const runs: { cold: Run; warm: Run }[] = [];
  while (runs.length < RUNS) runs.push(await coldThenWarm(browser, web));
  removeFolder(web);
  const work = 'welcome job of operators, backend chosen by the page, loopback';
  return [
    figureOf(
      { ...ABOUT, name: NAMES.warm, work: `${work}, second visit`, peer: PEER, goal: '<= 2000' },
      runs.map(({ warm }) => warm),
    ),
    figureOf(
      { ...ABOUT, name: NAMES.cold, work: `${work}, new profile`, peer: PEER, goal: '<= 4000' },
      runs.map(({ cold }) => cold),
    ),
  ];
}

/** Two visits in one profile, and two of the peer in another, at the same address. */
async function coldThenWarm(browser: string, web: string): Promise<{ cold: Run; warm: Run }> {
  const profiles = { ours: temporaryFolder(), peer: temporaryFolder() };
  const port = await freePort();
  try {
    const cold = await visitBoth({ browser, web, port, profiles });
    const warm = await visitBoth({ browser, web, port, profiles });
    return { cold, warm };
  } finally {
    Object.values(profiles).forEach(removeFolder);
  }
}

async function visitBoth(of: {
  readonly browser: string;
  readonly web: string;
  readonly port: number;
  readonly profiles: { readonly ours: string; readonly peer: string };
}): Promise<Run> {
  const { browser, web, port, profiles } = of;
  const data = temporaryFolder();
  const url = `http://localhost:${port}`;
  const network = await startNetwork({ port, data, args: ['--log-level', 'warn', '--web', web] });
  try {
    const ourBrowser = await openChromium(browser, { profile: profiles.ours });
    const { acceptedMs } = await visitUntilAccepted(ourBrowser, url);
    await ourBrowser.close();
    const peerBrowser = await openChromium(browser, { profile: profiles.peer });
    const peer = await visitPeer(peerBrowser, url + DIRECT_PATH);
    await peerBrowser.close();
    return { value: acceptedMs, ours: acceptedMs, peer };
  } finally {
    await network.interrupt();
    removeFolder(data);
  }
}
