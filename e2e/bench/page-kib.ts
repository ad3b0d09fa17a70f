import { findBrowser } from '../setup/install-browser.ts';
import { freePort, startNetwork } from '../network/processes.ts';
import { buildBenchSite, DIRECT_PATH } from './bench-site.ts';
import { openChromium } from './chromium.ts';
import { countingProxy, type Passed } from './counting-proxy.ts';
import { figureOf, type Line } from './figure.ts';
import { removeFolder, temporaryFolder } from './leftovers.ts';
import { visitPeer, visitUntilAccepted } from './visit.ts';

const KIB = 1024;
const ABOUT = { suite: 'first-light', name: 'page-kib' } as const;
/** Calls and blocks: what a visit says and computes on, not what the page is made of. */
const NOT_PAGE = /^\/(manyhands\.|ipfs\/)/;
const REPORT = /\/ReportResults$/;

/**
 * Compressed bytes of all files that the page and its workers fetch before the first result of an
 * operator task is reported. The same bytes every time: measured once.
 */
export async function pageKib(): Promise<readonly Line[]> {
  const browser = findBrowser();
  if (browser === null) return [{ ...ABOUT, skipped: 'no browser: "npm run browser"' }];
  const [web, data] = [temporaryFolder(), temporaryFolder()];
  await buildBenchSite(web);
  const port = await freePort();
  const network = await startNetwork({ port, data, args: ['--log-level', 'warn', '--web', web] });
  const proxy = await countingProxy(`http://127.0.0.1:${port}`);
  const chromium = await openChromium(browser);
  try {
    await visitUntilAccepted(chromium, proxy.url);
    const page = filesBeforeReport(proxy.passed);
    const before = proxy.passed.length;
    await visitPeer(chromium, proxy.url + DIRECT_PATH);
    const peer = kibOf(proxy.passed.slice(before).filter(isFile));
    const ours = kibOf(page);
    const about = { ...ABOUT, ...DETAILS, work: `${page.length} files with workers, brotli` };
    return [figureOf(about, [{ value: ours, ours, peer }])];
  } finally {
    await chromium.close();
    proxy.close();
    await network.interrupt();
    removeFolder(data);
    removeFolder(web);
  }
}

const DETAILS = {
  unit: 'KiB',
  better: 'lower',
  peer: 'onnxruntime-web 1.30 alone, its files compressed alike',
  goal: '<= 150',
} as const;

function filesBeforeReport(passed: readonly Passed[]): readonly Passed[] {
  const reported = passed.findIndex(({ path }) => REPORT.test(path));
  if (reported < 0) throw new Error('the page reported nothing');
  return passed.slice(0, reported).filter(isFile);
}

function isFile({ path }: Passed): boolean {
  return !NOT_PAGE.test(path);
}

function kibOf(files: readonly Passed[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0) / KIB;
}
