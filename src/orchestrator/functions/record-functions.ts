// The functions of this orchestrator's record, from the entry that somebody submits to the state
// that somebody reads:
//
//   entry -> tried (thread) -> record -> folded (another thread) -> state -> root, back into the record
import { join } from 'node:path';
import { failure } from '../../domain/failure.ts';
import { OUTCOME_WAIT_MS } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import {
  ENGINE_ID,
  functionsBegunIn,
  rootDraft,
  type NetworkFunctions,
} from '../../execution-machine/index.ts';
import { encodeCanonical } from '../../integrity/index.ts';
import { sha256 } from '../../ledger/hashing.ts';
import type { Logger } from '../logger.ts';
import type { Platform } from '../platform.ts';
import type { NetworkRecord, Submitted } from '../record/network-record.ts';
import { entryTrial } from './entry-trial.ts';
import type { FunctionsThread, ToldOutcome } from './functions-message.ts';
import { followRecord, type RecordFollower } from './record-follower.ts';

type Answer<Method extends keyof FunctionsThread> = Promise<
  Outcome<Awaited<ReturnType<FunctionsThread[Method]>>>
>;

/** The functions of a record. */
export type RecordFunctions = {
  /** Content id of the engine that they run in. */
  readonly engine: string;
  /** Those that the network itself runs on. */
  readonly network: NetworkFunctions;
  /** Takes a stranger's entry into the record. Errors: those of `EntryTrial` and of the record. */
  submit(entry: Uint8Array): Promise<Outcome<Submitted>>;
  /**
   * What an entry came to; waits a moment for one that is new.
   *
   * Errors: "outcome_unknown" | "unavailable".
   */
  outcomeOf(index: number): Promise<Outcome<ToldOutcome>>;
  /**
   * A value with its proof: the newest, or as of the newest state whose root the published log
   * claims. Errors: "unavailable".
   */
  read(of: {
    readonly function: string;
    readonly key: string;
    readonly asOf: 'newest' | 'claimed';
  }): Answer<'read'>;
  /** Rows by the beginning of their keys. Errors: "unavailable". */
  list(...of: Parameters<FunctionsThread['list']>): Answer<'list'>;
  /** What a function runs now. Errors: "function_unknown" | "unavailable". */
  functionOf(id: string): Promise<Outcome<NonNullable<ReturnType<FunctionsThread['functionOf']>>>>;
  /** Ends the threads; the state is saved. */
  close(): Promise<void>;
};

export type FunctionsOptions = {
  readonly record: NetworkRecord;
  /** The data folder. */
  readonly folder: string;
  /** Keys of those who decide appeals, besides the log's: for a record that begins now. */
  readonly judges: readonly string[];
  readonly logger: Logger;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  readonly platform: Pick<Platform, 'after'>;
};

/** Begins the network's functions where they are not there yet, and evaluates all there are. */
export async function openFunctions(options: FunctionsOptions): Promise<Outcome<RecordFunctions>> {
  const { record, logger, now } = options;
  const network = await beginNetwork(options);
  if (!network.ok) return network;
  const folder = join(options.folder, 'functions');
  const entry = workerEntry();
  // State that no claim tells yet: at a start nobody knows, and a claim too many is harmless.
  let isUnclaimed = true;
  let isClaiming = false;
  const main = followRecord({
    ...{ ...options, folder, entry },
    isKeeper: true,
    onFolded: ({ actionCount }) => (isUnclaimed ||= actionCount > 0),
  });
  // A thread that only those need who are written to.
  let trying: RecordFollower | null = null;
  const follower = (): RecordFollower =>
    (trying ??= followRecord({ ...options, folder, entry, isKeeper: false }));
  const trial = entryTrial({ record, follower, now });

  const publishedSize = (): number => record.checkpoint()?.checkpoint.size ?? 0;

  /** One claim for all actions since the last: so the log grows by one entry a publication. */
  const claim = async (): Promise<void> => {
    if (!(await main.reached(record.size(), OUTCOME_WAIT_MS))) return;
    const head = await main.ask({ method: 'mark' }, publishedSize());
    if (!head.ok || head.value === null) return;
    isUnclaimed = false;
    const { size, root } = head.value;
    const anchor = sha256(encodeCanonical(['root', size - 1]));
    const written = await record.write(rootDraft({ index: size - 1, root }, anchor));
    if (written.ok) return;
    isUnclaimed = written.failure.code !== 'entry_duplicate';
    logger.error(`no root is claimed: ${written.failure.message}`);
  };
  record.onPublished(() => {
    if (isClaiming || !isUnclaimed) return;
    isClaiming = true;
    void claim().finally(() => (isClaiming = false));
  });

  return succeed({
    engine: ENGINE_ID,
    network: network.value,

    async submit(bytes) {
      const checked = await record.check(bytes);
      if (!checked.ok) return checked;
      const passed = await trial.pass(checked.value);
      return passed.ok ? record.take(checked.value) : passed;
    },

    async outcomeOf(index) {
      if (index < record.size()) await main.reached(index + 1, OUTCOME_WAIT_MS);
      const answer = await main.ask({ method: 'outcomeOf' }, index);
      if (!answer.ok) return answer;
      const outcome = answer.value;
      if (outcome.kind === 'not-folded') return fail(notFolded(index, record.size()));
      if (outcome.kind === 'forgotten') return fail(forgotten(index));
      return succeed(outcome);
    },

    read({ asOf, ...of }) {
      const claimedBefore = asOf === 'claimed' ? publishedSize() : null;
      return main.ask({ method: 'read' }, of, claimedBefore);
    },
    list: (of) => main.ask({ method: 'list' }, of),

    async functionOf(id) {
      const found = await main.ask({ method: 'functionOf' }, id);
      if (!found.ok) return found;
      return found.value === null ? fail(functionUnknown(id)) : succeed(found.value);
    },

    async close() {
      await Promise.all([main.close(), trying?.close()]);
    },
  });
}

/** Deploys what the network runs on where the record does not have it yet. */
async function beginNetwork({
  record,
  judges,
  logger,
}: FunctionsOptions): Promise<Outcome<NetworkFunctions>> {
  const first = record.size() === 0 ? succeed([]) : await record.entries(0, record.size());
  if (!first.ok) return first;
  const network = await functionsBegunIn(first.value, record.logKey, judges);
  if (!network.ok) return network;
  const { standing, beginnings } = network.value;
  if (!judges.every((judge) => standing.source.includes(`"${judge}"`))) {
    logger.warn('the record began with other judges: only governance changes them');
  }
  for (const draft of beginnings) {
    const written = await record.write(draft);
    // As it is told who weighs votes, so it was told.
    if (!written.ok && written.failure.code !== 'entry_duplicate') return written;
  }
  return network;
}

/** That no function has an id. */
export function functionUnknown(id: string) {
  const text = `no function of this log is ${id.slice(0, 100)}`;
  return failure('function_unknown', `${text}. Correct its id, or deploy it.`);
}

function notFolded(index: number, size: number) {
  if (index >= size) {
    const text = `the record has ${size} entries, and none at ${index}`;
    return failure('outcome_unknown', `${text}. Ask for another.`);
  }
  const text = `entry ${index} is not evaluated yet`;
  return failure('outcome_unknown', `${text}. Ask again in a moment.`, 1_000);
}

function forgotten(index: number) {
  const text = `what entry ${index} came to is no longer kept here`;
  return failure('outcome_unknown', `${text}. "npx manyhands fn evaluate" finds it from the log.`);
}

/** The thread's entry, as source or as built. */
function workerEntry(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`../../../workers/functions-node.worker.${extension}`, import.meta.url);
}
