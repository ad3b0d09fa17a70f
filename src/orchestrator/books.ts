// The record, and all that writes, evaluates, archives and compares it. Opened in this order and
// closed in the other, so that whatever writes ends before what it writes to:
//
//   record <- functions <- the network's kernels <- archive <- credits <- views of other logs
import { succeed, type Outcome } from '../domain/outcome.ts';
import { KERNEL_BUILD } from '../kernels/index.ts';
import { dataFolder } from './config/config.ts';
import type { OrchestratorConfig } from './config/settings.ts';
import { admitKernels, type KernelAdmission } from './functions/kernel-admission.ts';
import { openFunctions, type RecordFunctions } from './functions/record-functions.ts';
import type { Holdings } from './holdings.ts';
import type { Logger } from './logger.ts';
import { nodePlatform } from './node-platform.ts';
import { openArchiving, type Archiving } from './record/archiving.ts';
import type { CreditsKeeper } from './record/credits/credits-keeper.ts';
import { openCredits, type PastEffect } from './record/credits/open-credits.ts';
import type { NetworkRecord } from './record/network-record.ts';
import { openRecord } from './record/open-record.ts';
import { openRecordViews, type RecordViews } from './record/views/record-views.ts';

export type Books = {
  readonly record: NetworkRecord;
  readonly functions: RecordFunctions;
  readonly admission: KernelAdmission;
  /** Null: nothing is archived. */
  readonly archiving: Archiving | null;
  readonly credits: CreditsKeeper;
  readonly views: RecordViews;
  /** Writes what waits, and lets the folders go. */
  close(): Promise<void>;
};

export type BooksOptions = {
  readonly config: OrchestratorConfig;
  readonly holdings: Holdings;
  /** What the scheduler did that the record may not have yet. */
  readonly past: PastEffect[];
  readonly logger: Logger;
  /** Unix time in milliseconds. */
  readonly now: () => number;
};

type Close = () => Promise<void>;

/** Opens all of it, or nothing. Errors: those of its parts. */
export async function openBooks(options: BooksOptions): Promise<Outcome<Books>> {
  const closes: Close[] = [];
  const close = async (): Promise<void> => {
    for (const one of closes.toReversed()) await one();
  };
  const opened = await openParts(options, closes);
  if (opened.ok) return succeed({ ...opened.value, close });
  await close();
  return opened;
}

/** `closes` ends what was opened by then. */
async function openParts(
  { config, holdings, past, logger, now }: BooksOptions,
  closes: Close[],
): Promise<Outcome<Omit<Books, 'close'>>> {
  const folder = dataFolder(config);
  const around = { folder, logger, now, platform: nodePlatform };
  const { recordName: name, publishEvery: publishEveryMs, recordThreads: threads } = config;
  const record = await openRecord({ ...around, name, publishEveryMs, threads });
  if (!record.ok) return record;
  closes.push(() => record.value.close());
  const of = { ...around, record: record.value };
  const functions = await openFunctions({ ...of, judges: config.judges });
  if (!functions.ok) return functions;
  closes.push(() => functions.value.close());
  const { operator, store, recovered } = holdings;
  const kernels = { functions: functions.value, operator, build: KERNEL_BUILD };
  const admission = await admitKernels({ ...of, ...kernels });
  if (!admission.ok) return admission;
  const archiving = await openArchiving({ ...of, config });
  if (!archiving.ok) return archiving;
  closes.push(async () => archiving.value?.close());
  const { position } = recovered;
  const { id: creditsFunction } = functions.value.network.credits;
  const waitMs = config.creditEvery;
  const credits = await openCredits({ ...of, creditsFunction, store, past, position, waitMs });
  if (!credits.ok) return credits;
  closes.push(() => credits.value.close());
  const views = await openRecordViews({ ...of, policyFile: config.recordPolicy });
  if (!views.ok) return views;
  closes.push(() => views.value.stop());
  return succeed({
    record: record.value,
    functions: functions.value,
    admission: admission.value,
    archiving: archiving.value,
    credits: credits.value,
    views: views.value,
  });
}
