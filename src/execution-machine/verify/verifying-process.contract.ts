// A process that verifies the log of a folder in full and tells how much memory was alive when.
//
//   node --expose-gc verifying-process.contract.ts <folder>
import { knownSigner, must, policyOf } from '../../ledger/example-log.contract.ts';
import { openNodeEngine } from '../node.ts';
import { folderTiles } from './folder-tiles.ts';
import { verifyRecord } from './verify-record.ts';

/** Bundles between two looks at what is alive. */
const LOOK_EVERY = 5;

const [folder = ''] = process.argv.slice(2);
const { gc } = globalThis;
if (gc === undefined) throw new Error('run it with --expose-gc');

const looks: { entryCount: number; aliveBytes: number }[] = [];
let bundles = 0;
const { entryCount, difference, folded } = must(
  await verifyRecord({
    tiles: folderTiles(folder),
    policy: policyOf({ name: 'log.example', signer: await knownSigner(1) }),
    pinned: null,
    check: { level: 'full', engine: must(await openNodeEngine()) },
    nowMs: () => performance.now(),
    onProgress(progress) {
      if (++bundles % LOOK_EVERY !== 0) return;
      void gc();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      looks.push({ entryCount: progress.entryCount, aliveBytes: heapUsed + arrayBuffers });
    },
  }),
);
const agreedCount = folded?.agreedCount ?? 0;
console.log(JSON.stringify({ entryCount, agreedCount, difference, looks }));
