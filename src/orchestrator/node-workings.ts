import { checkPool } from './checking/check-pool.ts';
import { dataFolder } from './config/config.ts';
import type { OrchestratorConfig } from './config/settings.ts';
import { diskGuard } from './disk-guard.ts';
import { evidenceBook } from './evidence/evidence-book.ts';
import type { Holdings } from './holdings.ts';
import type { Logger } from './logger.ts';
import type { CreditsKeeper } from './record/credits/credits-keeper.ts';
import { nodePlatform } from './node-platform.ts';
import { startWorkings, type Workings } from './workings.ts';

/** Workings on this machine: checks in threads, Node's timers and cryptography. */
export function startNodeWorkings(
  { store, blocks, recovered, makeHome, evidence: files }: Holdings,
  options: {
    readonly config: OrchestratorConfig;
    readonly logger: Logger;
    readonly now: () => number;
    /** Keeps credits of accepted tasks; absent: nobody does. */
    readonly credits?: CreditsKeeper;
  },
): Workings {
  const { config, logger, now, credits } = options;
  const threads = config.checkerThreads;
  const pool = checkPool({ threads, blocks, logger, entry: checkEntry() });
  const disk = diskGuard({ folder: dataFolder(config), reserveMib: config.diskReserve, now });
  const { roomFor } = disk;
  return startWorkings({
    store,
    blocks,
    recovered,
    makeHome,
    logger,
    now,
    platform: nodePlatform,
    pool,
    ...(credits && { credits }),
    evidence: evidenceBook({ pool, files, roomFor, logger, now }),
  });
}

/** The checking thread's entry, as source or as built. */
function checkEntry(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`../../workers/check-node.worker.${extension}`, import.meta.url);
}
