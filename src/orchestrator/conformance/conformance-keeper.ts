import { join } from 'node:path';
import type { Capability, ConformanceReport } from '../../domain/capability.ts';
import type { CrowdTest } from '../../domain/crowd-test.ts';
import type { AgentId } from '../../domain/ids.ts';
import { CONFORMANCE_FRESH_MS, CONFORMANCE_SAVE_MS } from '../../domain/limits.ts';
import type { Standing } from '../../domain/standing.ts';
import type { Logger } from '../logger.ts';
import type { Platform } from '../platform.ts';
import { ConformanceBook, type DeviceTold } from './conformance-book.ts';
import { readConformance, writeConformance } from './conformance-file.ts';
import type { DeviceKind } from './device-kind.ts';

/** What an agent told of its device when it joined. */
export type Joined = {
  readonly agent: AgentId;
  readonly capability: Pick<Capability, 'label' | 'features'>;
  readonly conformance: readonly ConformanceReport[];
};

/** What a volunteer published of its device. */
export type Published = {
  readonly agent: AgentId;
  readonly test: Pick<CrowdTest, 'label' | 'adapter' | 'conformance' | 'times'>;
};

/** The public table of which device computes what rightly. */
export type ConformanceTable = {
  note(joined: Joined): void;
  /** Returns the kind of device that a crowd test counts for. */
  noteTest(published: Published): DeviceKind;
  /** As of at most CONFORMANCE_FRESH_MS ago. */
  told(): readonly DeviceTold[];
  /** Keeps what is not kept yet. */
  close(): Promise<void>;
};

/**
 * Opens the table that lies in a data folder; each orchestrator has its own.
 *
 * It is kept at most every CONFORMANCE_SAVE_MS, and what a crash takes is told again when agents
 * join: a table that cannot be read or written is worth a warning and nothing more.
 */
export async function openConformanceTable(of: {
  readonly folder: string;
  readonly standingOf: (agent: AgentId) => Standing;
  readonly logger: Logger;
  readonly now: () => number;
  readonly platform: Pick<Platform, 'after'>;
}): Promise<ConformanceTable> {
  const { folder, standingOf, logger, now, platform } = of;
  const path = join(folder, 'conformance.jsonl');
  let book = new ConformanceBook();
  try {
    await readConformance(path, book);
  } catch (cause) {
    logger.warn('the table of devices is begun anew', { path, cause: String(cause) });
    book = new ConformanceBook();
  }
  let made: { readonly devices: readonly DeviceTold[]; readonly atMs: number } | null = null;
  let saving: Promise<void> = Promise.resolve();
  let cancelSave: (() => void) | null = null;

  const settle = (): void => {
    for (const agent of book.keys()) book.settle(agent, standingOf(agent));
  };
  const save = (): Promise<void> => {
    cancelSave?.();
    cancelSave = null;
    settle();
    saving = saving
      .then(() => writeConformance(path, book))
      .catch((cause: unknown) =>
        logger.warn('the table of devices is not kept', { path, cause: String(cause) }),
      );
    return saving;
  };
  const saveSoon = (): void => {
    cancelSave ??= platform.after(CONFORMANCE_SAVE_MS, () => void save());
  };
  return {
    note({ agent, capability, conformance }) {
      const { label, features } = capability;
      const device = { label, adapter: features.webgpu?.adapter ?? '' };
      book.note({ agent, device, conformance, judged: standingOf(agent), atMs: now() });
      saveSoon();
    },
    noteTest({ agent, test: { label, adapter, ...found } }) {
      saveSoon();
      return book.noteTest({ agent, device: { label, adapter }, ...found, atMs: now() });
    },
    told() {
      if (made === null || now() - made.atMs > CONFORMANCE_FRESH_MS) {
        settle();
        made = { devices: book.told(), atMs: now() };
      }
      return made.devices;
    },
    close: save,
  };
}
