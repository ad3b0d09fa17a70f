import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { openStoredKey } from '../../agent/browser/index.ts';
import { failure, FailureError } from '../../domain/failure.ts';
import type { AgentId } from '../../domain/ids.ts';
import { publicKeyOf, type SigningKey } from '../../integrity/index.ts';
import { parseReceipt, trustCheckpoint, type Policy } from '../../ledger/index.ts';
import { failureFromConnect } from '../../wire/index.ts';
import { pageStore } from '../ledger/page-store.ts';
import { readRow } from '../ledger/prove-row.ts';
import { CALL_MS, ledgerClient } from '../ledger/record-clients.ts';
import { keepReceipt, keptIndexes } from './receipt-book.ts';
import { standingFrom, type StandingView } from './standing-view.ts';

const POLL_MS = 3_000;
const PAGE_SIZE = 50;

/** The receipts of this browser. */
export const RECEIPTS = pageStore('manyhands-receipts');

/** An entry that credits this browser's key. */
export type Credited = {
  readonly index: number;
  readonly taskCount: number;
  readonly units: number;
  readonly atMs: number;
};

export type CreditsPage = {
  readonly entries: readonly Credited[];
  readonly nextPageToken: string;
  readonly tasksWaiting: number;
};

/** The key of this browser, made where there is none yet. */
export function useOwnKey() {
  return useQuery<SigningKey, FailureError>({
    queryKey: ['own-key'],
    staleTime: Infinity,
    structuralSharing: false,
    queryFn: async () => {
      const key = await openStoredKey();
      if (!key.ok) throw new FailureError(key.failure);
      return key.value;
    },
  });
}

/** The entries that credit a key, the newest first, and what still waits for the record. */
export function useCredits(agent: AgentId | undefined) {
  return useInfiniteQuery<
    CreditsPage,
    FailureError,
    { readonly pages: readonly CreditsPage[] },
    readonly (string | undefined)[],
    string
  >({
    queryKey: ['credits', agent],
    enabled: agent !== undefined,
    initialPageParam: '',
    getNextPageParam: ({ nextPageToken }) => (nextPageToken === '' ? null : nextPageToken),
    refetchInterval: POLL_MS,
    refetchIntervalInBackground: false,
    queryFn: ({ signal, pageParam }) => fetchCredits(agent, { signal, pageToken: pageParam }),
  });
}

/** A key's credits, as the orchestrator says them; `proveCredits` proves them. */
export function useTotal(credits: string | null, agent: AgentId) {
  return useQuery<number, FailureError>({
    queryKey: ['total', credits, agent],
    enabled: credits !== null,
    refetchInterval: POLL_MS,
    refetchIntervalInBackground: false,
    queryFn: async () => {
      const row = await readRow({
        function: credits ?? '',
        key: `total/${agent}`,
        isClaimed: false,
      });
      if (!row.ok) throw new FailureError(row.failure);
      const { value } = row.value.claim;
      return typeof value === 'number' ? value : 0;
    },
  });
}

/** The quarantine that a key is in, as the orchestrator says it; null for none. */
export function useStanding(standing: string | null, agent: AgentId) {
  return useQuery<StandingView | null, FailureError>({
    queryKey: ['standing', standing, agent],
    enabled: standing !== null,
    refetchInterval: POLL_MS,
    refetchIntervalInBackground: false,
    queryFn: async () => {
      const [row, amnesty] = await Promise.all([
        readRow({ function: standing ?? '', key: `of/${agent}`, isClaimed: false }),
        readRow({ function: standing ?? '', key: 'amnesty', isClaimed: false }),
      ]);
      if (!row.ok) throw new FailureError(row.failure);
      if (!amnesty.ok) throw new FailureError(amnesty.failure);
      const about = { amnesty: amnesty.value.claim.value, nowMs: Date.now() };
      return standingFrom(row.value.claim.value, about);
    },
  });
}

/**
 * Fetches receipts of entries that a checkpoint has and that are not kept; tells which are kept.
 *
 * One that the policy does not trust yet, because witnesses are behind, is fetched again later.
 */
export function useReceipts(of: {
  readonly log: string;
  readonly credited: readonly Credited[];
  readonly publishedSize: number;
  readonly policy: Policy;
}) {
  const { log, credited, publishedSize, policy } = of;
  const ready = credited.map(({ index }) => index).filter((index) => index < publishedSize);
  return useQuery<readonly number[], FailureError>({
    queryKey: ['receipts', log, ready],
    placeholderData: (former) => former,
    refetchInterval: ({ state: { data, error } }) => {
      const isComplete = error === null && ready.every((index) => data?.includes(index));
      return isComplete ? false : POLL_MS;
    },
    refetchIntervalInBackground: false,
    queryFn: async ({ signal }) => {
      try {
        const kept = new Set(await keptIndexes(RECEIPTS, log));
        for (const index of ready.filter((one) => !kept.has(one))) {
          const about = { index: BigInt(index) };
          const call = { signal, timeoutMs: CALL_MS };
          const { receipt } = await ledgerClient.getReceipt(about, call);
          const parsed = parseReceipt(receipt);
          if (!parsed.ok) throw new FailureError(parsed.failure);
          const trusted = await trustCheckpoint(policy, parsed.value.signed.bytes);
          if (trusted.ok) await keepReceipt(RECEIPTS, log, { index, bytes: receipt });
        }
        return await keptIndexes(RECEIPTS, log);
      } catch (error) {
        if (error instanceof FailureError) throw error;
        throw new FailureError(failureFromConnect(error));
      }
    },
  });
}

async function fetchCredits(
  agent: AgentId | undefined,
  { signal, pageToken }: { readonly signal: AbortSignal; readonly pageToken: string },
): Promise<CreditsPage> {
  const publicKey = agent === undefined ? null : publicKeyOf(agent);
  if (publicKey?.ok !== true) {
    throw new FailureError(failure('key_unusable', 'There is no key. Reload the page.'));
  }
  try {
    const about = { publicKey: publicKey.value, pageSize: PAGE_SIZE, pageToken };
    const answer = await ledgerClient.listCredits(about, { signal, timeoutMs: CALL_MS });
    return {
      nextPageToken: answer.nextPageToken,
      tasksWaiting: Number(answer.tasksWaiting),
      entries: answer.entries.map(({ index, taskCount, units, atMs }) => ({
        index: Number(index),
        taskCount,
        units: Number(units),
        atMs: Number(atMs),
      })),
    };
  } catch (error) {
    throw new FailureError(failureFromConnect(error));
  }
}
