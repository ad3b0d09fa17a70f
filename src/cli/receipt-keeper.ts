// Receipts of an agent's own accepted work, kept beside its key as it goes:
//
//   <key's file without .pem>-receipts/<log>+<key id>/entry-<index>.receipt
//
//   idle ── tasks were reported ──> asking ── all that is credited is kept ──> idle
//                                      └─ some wait for a checkpoint, or nobody answers: asks again
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { AgentSnapshot } from '../agent/native/index.ts';
import { failure } from '../domain/failure.ts';
import { AGENT_RECEIPTS_MAX, PAGE_SIZE_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { publicKeyOf } from '../integrity/index.ts';
import { openConnection, type Connection } from './connection.ts';
import { creditReceipts, isDoubtful, type CreditReceipts } from './credit-receipts.ts';
import { logFileName } from './pins-folder.ts';
import { indexInName, keepReceiptFile, receiptFileName } from './receipt-file.ts';

export type ReceiptKeeper = {
  /** Takes note of what the agent does, and for whom. */
  follow(snapshot: Pick<AgentSnapshot, 'agent' | 'orchestrator' | 'phase' | 'counters'>): void;
  /** Receipts that this run kept. */
  keptCount(): number;
  end(): Promise<void>;
};

/** What was reported may be accepted much later: so many turns apart it is looked in any case. */
const IDLE_TURNS = 6;

/** Where the receipts of the agent with this key are. */
export function receiptsFolderOf(keyFile: string): string {
  return `${keyFile.replace(/\.pem$/, '')}-receipts`;
}

/**
 * Fetches, verifies and keeps receipts while an agent works.
 *
 * Limits: the newest AGENT_RECEIPTS_MAX of each log are kept.
 */
export function keepReceipts(of: {
  readonly folder: string;
  /** How often it is looked for new ones. Milliseconds. */
  readonly everyMs: number;
  /** Says once what is wrong with a receipt, or that none can be kept. */
  readonly note: (line: string) => void;
}): ReceiptKeeper {
  const { folder, everyMs, note } = of;
  const stopping = new AbortController();
  const { signal } = stopping;
  const said = new Set<string>();
  let [keptCount, reportedCount, lookedCount] = [0, 0, -1];
  let at: Pick<AgentSnapshot, 'agent' | 'orchestrator'> | null = null;
  let known: (Known & { readonly orchestrator: string }) | null = null;

  const say = (line: string): void => {
    if (!said.has(line)) note(line);
    said.add(line);
  };

  const look = async (who: NonNullable<typeof at>): Promise<void> => {
    const reported = reportedCount;
    if (known?.orchestrator !== who.orchestrator) {
      const opened = await openKnown(who, signal);
      if (!opened.ok) {
        if (isDoubtful(opened.failure.code)) say(opened.failure.message);
        return;
      }
      known = { ...opened.value, orchestrator: who.orchestrator };
    }
    const looked = await keepNew(known, { folder, agent: who.agent, say });
    if (!looked.ok) return say(`No receipts are kept: ${looked.failure.message}`);
    keptCount += looked.value.keptCount;
    if (looked.value.isComplete) lookedCount = reported;
  };

  const course = (async (): Promise<void> => {
    for (let turn = 1; !signal.aborted; turn++) {
      const isDue = lookedCount !== reportedCount || turn % IDLE_TURNS === 0;
      if (at !== null && isDue) await look(at);
      await pause(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  })();

  return {
    follow({ agent, orchestrator, phase, counters }) {
      if (phase === 'working') at = { agent, orchestrator };
      reportedCount = counters.tasksReported;
    },
    keptCount: () => keptCount,
    async end() {
      stopping.abort();
      await course;
    },
  };
}

type Known = { readonly connection: Connection; readonly receipts: CreditReceipts };
type Who = Pick<AgentSnapshot, 'agent' | 'orchestrator'>;

async function openKnown(
  { agent, orchestrator }: Who,
  signal: AbortSignal,
): Promise<Outcome<Known>> {
  const connection = openConnection({ origin: orchestrator, key: null, signal });
  const receipts = await creditReceipts(connection, { agent, policy: null });
  return receipts.ok ? succeed({ connection, receipts: receipts.value }) : receipts;
}

/** Keeps what is not kept yet; complete where nothing that is credited waits any more. */
async function keepNew(
  { connection, receipts }: Known,
  of: Pick<Who, 'agent'> & { readonly folder: string; readonly say: (line: string) => void },
): Promise<Outcome<{ readonly keptCount: number; readonly isComplete: boolean }>> {
  const folder = join(of.folder, logFileName(receipts.log));
  const kept = await keptIn(folder);
  if (!kept.ok) return kept;
  const listed = await missingOf(connection, { agent: of.agent, kept: kept.value });
  if (!listed.ok) return succeed({ keptCount: 0, isComplete: false });
  let { isComplete } = listed.value;
  let keptCount = 0;
  for (const index of listed.value.missing) {
    const receipt = await receipts.fetch(index);
    if (!receipt.ok) {
      const { code, message } = receipt.failure;
      // Witnesses may be behind: it is asked for again.
      if (isDoubtful(code) && code !== 'checkpoint_untrusted') of.say(message);
      else isComplete = false;
      continue;
    }
    const written = await keepReceiptFile(folder, receipt.value);
    if (!written.ok) return written;
    keptCount += 1;
  }
  await forgetOldest(folder);
  return succeed({ keptCount, isComplete });
}

async function keptIn(folder: string): Promise<Outcome<ReadonlySet<number>>> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const indexes = (await readdir(folder)).map(indexInName);
    return succeed(new Set(indexes.filter((index) => index !== null)));
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    return fail(failure('storage_failed', `${folder} cannot be used: ${text}.`));
  }
}

/** Entries that credit a key and whose receipts are not kept, the oldest first. */
async function missingOf(
  { record, call }: Connection,
  { agent, kept }: Pick<Who, 'agent'> & { readonly kept: ReadonlySet<number> },
): Promise<Outcome<{ readonly missing: readonly number[]; readonly isComplete: boolean }>> {
  const publicKey = publicKeyOf(agent);
  if (!publicKey.ok) return publicKey;
  const missing: number[] = [];
  let isComplete = true;
  for (let [pageToken, count] = ['', 0]; count < AGENT_RECEIPTS_MAX;) {
    const request = { publicKey: publicKey.value, pageSize: PAGE_SIZE_MAX, pageToken };
    const page = await call((how) => record.listCredits(request, how));
    if (!page.ok) return page;
    if (page.value.tasksWaiting > 0n) isComplete = false;
    const indexes = page.value.entries.map(({ index }) => Number(index));
    const fresh = indexes.filter((index) => !kept.has(index));
    missing.unshift(...fresh.toReversed());
    count += indexes.length;
    pageToken = page.value.nextPageToken;
    // The newest come first: behind a page that is kept all is.
    if (pageToken === '' || fresh.length === 0) break;
  }
  return succeed({ missing: missing.slice(-AGENT_RECEIPTS_MAX), isComplete });
}

async function forgetOldest(folder: string): Promise<void> {
  const indexes = (await readdir(folder)).map(indexInName).filter((index) => index !== null);
  const oldest = indexes.toSorted((a, b) => b - a).slice(AGENT_RECEIPTS_MAX);
  for (const index of oldest) await rm(join(folder, receiptFileName(index)), { force: true });
}
