import { TILE_WIDTH } from '../../../src/ledger/index.ts';
import { findBrowser } from '../../setup/install-browser.ts';
import { figureOf, type Figure, type Line, type Run } from '../figure.ts';
import { auditRuns, treeOf, type AuditRun } from './audit-work.ts';
import { inChromium } from './machine-page.ts';

const RUNS = 5;
const ENTRIES = 100_000;

type Measured = 'value' | 'ours' | 'peerValue' | 'runs' | 'spread';

/** What it takes to check whole tiles of a log of 100,000 entries, with each signature. */
export async function auditing(): Promise<readonly Line[]> {
  const tree = await treeOf(ENTRIES);
  const audits = await auditRuns(tree, RUNS);
  return [...auditFigures('Node', audits), ...(await auditsInChromium())];
}

/** Of the same runs: how long a tile takes, and how many entries that is a second. */
function auditFigures(where: string, audits: readonly AuditRun[]): readonly Figure[] {
  const suffix = where === 'Node' ? '' : '-chromium';
  return [
    figure(
      {
        name: `tile-audit${suffix}-ms`,
        unit: 'ms',
        better: 'lower',
        work: `256 actions: hashes, tree, each signature; ${where}`,
        peer: '256 Ed25519 verifications, WebCrypto',
        goal: '<= 90',
      },
      audits.map(({ tileMs, signaturesMs }) => {
        return { value: tileMs, ours: tileMs, peer: signaturesMs };
      }),
    ),
    figure(
      {
        name: `audit-entries-per-second${suffix}`,
        unit: 'entries/s',
        better: 'higher',
        work: `tile after tile, without the fold; ${where}`,
        peer: 'Ed25519 verifications a second, WebCrypto',
        goal: '>= 3000',
      },
      audits.map(({ tileMs, signaturesMs }) => {
        const ours = (TILE_WIDTH / tileMs) * 1_000;
        return { value: ours, ours, peer: (TILE_WIDTH / signaturesMs) * 1_000 };
      }),
    ),
  ];
}

function figure(about: Omit<Figure, 'suite' | Measured>, runs: readonly Run[]): Figure {
  return figureOf({ suite: 'ledger', ...about }, runs);
}

/** The same in a worker of Chromium, over a smaller tree of which the same tiles are read. */
async function auditsInChromium(): Promise<readonly Line[]> {
  const browser = findBrowser();
  if (browser === null) {
    return ['tile-audit-chromium-ms', 'audit-entries-per-second-chromium'].map((name) => {
      return { suite: 'ledger', name, skipped: 'no browser: "npm run browser"' };
    });
  }
  const answer = await inChromium(browser, 'audit');
  if (answer.kind !== 'audit') throw new Error(`the page answered ${JSON.stringify(answer)}`);
  return auditFigures('a worker of Chromium', answer.runs);
}
