import { hash } from 'node:crypto';
import { provesInclusion, TILE_WIDTH } from '../../../src/ledger/index.ts';
import { certain } from '../../network/client.ts';
import { findBrowser } from '../../setup/install-browser.ts';
import { figureOf, type Figure, type Line, type Run } from '../figure.ts';
import { auditRuns, treeOf, type AuditRun } from './audit-work.ts';
import { perSecond } from './bench-log.ts';
import { inChromium } from './machine-page.ts';

const RUNS = 5;
const ENTRIES = 100_000;
const HASH_BYTES = 32;

type About = Pick<Figure, 'name' | 'unit' | 'better' | 'work' | 'peer' | 'goal'>;

/** What it takes to check a log of 100,000 entries: proofs, and whole tiles with each signature. */
export async function auditing(): Promise<readonly Line[]> {
  const tree = await treeOf(ENTRIES);
  const hashes = certain(await tree.inclusionProof(54_321));
  const claim = { leaf: certain(await tree.leaf(54_321)), index: 54_321, ...tree.head, hashes };
  const node = new Uint8Array(65);
  const proofRuns: Run[] = [];
  for (let run = 0; run < RUNS; run++) {
    const shaRate = await perSecond(async () => {
      for (let count = 0; count < 10_000; count++) hash('sha256', node, 'buffer');
      return 10_000;
    });
    const proofRate = await perSecond(async () => {
      for (let count = 0; count < 500; count++) {
        if (!provesInclusion(claim)) throw new Error('the proof holds');
      }
      return 500;
    });
    proofRuns.push({ value: proofRate, ours: proofRate, peer: shaRate / hashes.length });
  }
  const audits = await auditRuns(tree, RUNS);
  const proofBytes = hashes.length * HASH_BYTES;
  const same = { value: proofBytes, ours: proofBytes, peer: Math.log2(ENTRIES) * HASH_BYTES };
  return [
    figure(
      {
        name: 'inclusion-proof-bytes',
        unit: 'bytes',
        better: 'lower',
        work: `one leaf of ${ENTRIES}`,
        peer: 'log2 of the entries, 32 bytes each',
      },
      [same],
    ),
    figure(
      {
        name: 'inclusion-checks-per-second',
        unit: 'proofs/s',
        better: 'higher',
        work: `one leaf of ${ENTRIES}, one core`,
        peer: 'sha-256 of 65 bytes in node:crypto, as often as a proof has hashes',
      },
      proofRuns,
    ),
    tileFigure('tile-audit-ms', 'Node', audits),
    await tileInChromium(),
    figure(
      {
        name: 'audit-entries-per-second',
        unit: 'entries/s',
        better: 'higher',
        work: 'tile after tile, without the fold; Node',
        peer: 'Ed25519 verifications a second, WebCrypto',
        goal: '>= 3000',
      },
      audits.map(({ tileMs, signaturesMs }) => {
        const [ours, peer] = [tileMs, signaturesMs].map((ms) => (TILE_WIDTH / ms) * 1_000);
        return { value: ours ?? 0, ours: ours ?? 0, peer: peer ?? 0 };
      }),
    ),
  ];
}

function figure(about: Omit<About, 'goal'> & { readonly goal?: string }, runs: readonly Run[]) {
  return figureOf({ suite: 'ledger', ...about }, runs);
}

function tileFigure(name: string, where: string, audits: readonly AuditRun[]): Figure {
  return figure(
    {
      name,
      unit: 'ms',
      better: 'lower',
      work: `256 actions: hashes, tree, each signature; ${where}`,
      peer: '256 Ed25519 verifications, WebCrypto',
      goal: '<= 90',
    },
    audits.map(({ tileMs, signaturesMs }) => {
      return { value: tileMs, ours: tileMs, peer: signaturesMs };
    }),
  );
}

/** The same in a worker of Chromium, over a smaller tree of which the same tiles are read. */
async function tileInChromium(): Promise<Line> {
  const name = 'tile-audit-chromium-ms';
  const browser = findBrowser();
  if (browser === null) {
    return { suite: 'ledger', name, skipped: 'no browser: "npm run browser"' };
  }
  const answer = await inChromium(browser, 'audit');
  if (answer.kind !== 'audit') throw new Error(`the page answered ${JSON.stringify(answer)}`);
  return tileFigure(name, 'a worker of Chromium', answer.runs);
}
