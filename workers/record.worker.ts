import { expose } from 'comlink';
import { httpTiles } from '../src/execution-machine/verify/http-tiles.ts';
import { openServedEngine } from '../src/execution-machine/browser/served-engine.ts';
import { serveRecord } from '../src/execution-machine/browser/serve-record.ts';

// Reads and verifies the record for a page, one piece of work a worker; the page ends it to stop.
expose(
  serveRecord({
    filesAt: (address) => httpTiles(address),
    openEngine: openServedEngine,
    nowMs: () => performance.now(),
  }),
);
