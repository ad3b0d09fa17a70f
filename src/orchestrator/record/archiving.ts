// Brings the record to its archive while the orchestrator runs:
//
//   <data>/archive-key.pem          whose pieces these are; it signs nothing else
//   <data>/archive-<place>.sqlite   how far that archive is, and what waits for it
import { join } from 'node:path';
import {
  arweaveTarget,
  Conveyor,
  type ArchiveTarget,
  type ConveyorState,
} from '../../execution-machine/index.ts';
import {
  folderTarget,
  openSqliteConveyorStore,
  queueFileOf,
} from '../../execution-machine/node.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import { messageSignerOf } from '../../integrity/index.ts';
import { signCheckpoint } from '../../ledger/index.ts';
import { openOwnKeyFile } from '../access/own-key-file.ts';
import type { OrchestratorConfig } from '../config/settings.ts';
import type { Logger } from '../logger.ts';
import type { Platform } from '../platform.ts';
import type { NetworkRecord } from './network-record.ts';
import { openRecordKey } from './record-key.ts';

/** The record's way to its archive. */
export type Archiving = {
  state(): ConveyorState;
  /** Ends what is under way; the rest waits in the queue. */
  close(): Promise<void>;
};

export type ArchivingOptions = {
  /** The data folder. */
  readonly folder: string;
  readonly config: Pick<OrchestratorConfig, 'archive' | 'archiveBundler' | 'home'>;
  readonly record: NetworkRecord;
  readonly logger: Logger;
  readonly now: () => number;
  readonly platform: Pick<Platform, 'after'>;
};

/**
 * Starts to archive; null where the operator wants no archive.
 *
 * An archive that cannot be reached is no failure here: its state tells.
 * Errors: "key_unusable" | "storage_failed".
 */
export async function openArchiving(of: ArchivingOptions): Promise<Outcome<Archiving | null>> {
  const target = targetOf(of.config);
  if (target === null) return succeed(null);
  const recordKey = await openRecordKey(of.folder);
  if (!recordKey.ok) return recordKey;
  const archiveKey = await openOwnKeyFile({
    path: join(of.folder, 'archive-key.pem'),
    form: 'pem',
    what: "the archive's key",
    remedy: 'Restore it from a copy, or delete it: another one then signs what is archived',
  });
  if (!archiveKey.ok) return archiveKey;
  const store = await openSqliteConveyorStore(join(of.folder, queueFileOf(target)));
  if (!store.ok) return store;
  const { record, now } = of;
  const log = { name: record.origin, signer: messageSignerOf(recordKey.value) };
  const tell = failureTeller(of.logger);
  const conveyor: Outcome<Conveyor> = await Conveyor.open({
    log: {
      verifierKey: record.verifierKey,
      files: record.files,
      sign: (head) => signCheckpoint(log, head),
    },
    target,
    store: store.value,
    signer: messageSignerOf(archiveKey.value),
    clock: {
      nowMs: now,
      wait: (durationMs, signal) => {
        if (conveyor.ok) tell(conveyor.value.state());
        return waitFor(of.platform, { durationMs, signal });
      },
    },
  });
  if (!conveyor.ok) {
    await store.value.close();
    return conveyor;
  }
  const stop = new AbortController();
  const running = conveyor.value.run(stop.signal);
  const published = record.checkpoint();
  if (published !== null) conveyor.value.offer(published);
  record.onPublished((checkpoint) => conveyor.value.offer(checkpoint));
  return succeed({
    state: () => conveyor.value.state(),
    async close() {
      stop.abort();
      await running;
      await store.value.close();
    },
  });
}

/** The archive that the operator chose. */
export function targetOf(
  config: Pick<OrchestratorConfig, 'archive' | 'archiveBundler' | 'home'>,
): ArchiveTarget | null {
  const { archive, archiveBundler: bundler } = config;
  if (archive === 'none') return null;
  const isGateway = archive !== null && /^https?:\/\//.test(archive);
  if (isGateway) return arweaveTarget({ gateway: archive, bundler });
  return folderTarget(archive ?? join(config.home, 'archive'));
}

/** Tells once of each new failure, and when it is over. */
function failureTeller(logger: Logger): (state: ConveyorState) => void {
  let told: string | null = null;
  return ({ failure, confirmedSize, target }) => {
    const message = failure?.message ?? null;
    if (message === told) return;
    told = message;
    if (message === null) logger.info('the archive works again', { target, confirmedSize });
    else logger.warn(`the record is not archived: ${message}`);
  };
}

function waitFor(
  platform: Pick<Platform, 'after'>,
  { durationMs, signal }: { readonly durationMs: number; readonly signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = platform.after(durationMs, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
