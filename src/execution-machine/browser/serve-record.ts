import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { TileReader } from '../../ledger/index.ts';
import type { Engine } from '../engine.ts';
import { verifyRecord } from '../verify/verify-record.ts';
import { whatIf } from '../what-if.ts';
import { readActions } from './read-actions.ts';
import { readEntries } from './read-entries.ts';
import type { RecordApi } from './record-api.ts';

const CONSISTENCY = { level: 'consistency' } as const;

/** What the work of a page's worker is done with. */
export type RecordPorts = {
  readonly filesAt: (address: string) => TileReader;
  readonly openEngine: () => Promise<Outcome<Engine>>;
  /** A clock that only goes on. Milliseconds. */
  readonly nowMs: () => number;
};

/** The work of a page on the record, to be exposed by its worker. */
export function serveRecord({ filesAt, openEngine, nowMs }: RecordPorts): RecordApi {
  return {
    readEntries: (log, bundle) => readEntries(log, bundle, filesAt(log.files)),
    async verify({ files, policy, pinned, check }, onProgress) {
      const listening = onProgress === null ? {} : { onProgress };
      const about = { tiles: filesAt(files), policy, pinned, nowMs, ...listening };
      if (check.level === 'tile' || check.level === 'balance') {
        return verifyRecord({ ...about, check });
      }
      if (check.level === 'consistency') return verifyRecord({ ...about, check: CONSISTENCY });
      const engine = await openEngine();
      if (!engine.ok) return engine;
      return verifyRecord({ ...about, check: { level: 'full', engine: engine.value } });
    },
    async whatIf({ log, suppose, prefix }, onProgress) {
      const engine = await openEngine();
      if (!engine.ok) return engine;
      const entries = await readActions(log, filesAt(log.files), onProgress);
      if (!entries.ok) return entries;
      return succeed(await whatIf(engine.value, { entries: entries.value, suppose, prefix }));
    },
  };
}
