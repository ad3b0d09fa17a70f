import { useQuery } from '@tanstack/react-query';
import { FailureError } from '../../domain/failure.ts';
import { failureFromConnect } from '../../wire/index.ts';
import { CALL_MS, functionClient } from '../ledger/record-clients.ts';
import type { NamedFunction } from '../ledger/record-view.ts';
import { proposalFrom, voteFrom, type ProposalView, type VoteView } from './proposal-view.ts';

const POLL_MS = 3_000;
/** Pages of rows that are read at most, of 256 each. Count. */
const PAGES_MAX = 8;
const PAGE_SIZE = 256;

/** What a function of the network runs now. */
export type FunctionView = NamedFunction & {
  readonly engine: string;
  readonly source: string;
  readonly code: string;
  /** Null: nobody can change it. */
  readonly governance: string | null;
};

/** The network's functions with their sources. */
export function useFunctions(named: readonly NamedFunction[]) {
  return useQuery<readonly FunctionView[], FailureError>({
    queryKey: ['functions', named.map(({ id }) => id)],
    refetchInterval: POLL_MS * 4,
    refetchIntervalInBackground: false,
    queryFn: ({ signal }) =>
      answered(
        Promise.all(
          named.map(async ({ name, id }) => {
            const call = { signal, timeoutMs: CALL_MS };
            const found = await functionClient.getFunction({ functionId: id }, call);
            const { engine, source, code } = found;
            const governance = found.governance === '' ? null : found.governance;
            return { name, id, engine, source, code, governance };
          }),
        ),
      ),
  });
}

/** All proposals, the newest first. */
export function useProposals(governance: string) {
  return useQuery<readonly ProposalView[], FailureError>({
    queryKey: ['proposals', governance],
    refetchInterval: POLL_MS,
    refetchIntervalInBackground: false,
    queryFn: async ({ signal }) => {
      const rows = await answered(rowsOf(governance, 'proposal/', signal));
      const proposals = rows.map(proposalFrom).filter((proposal) => proposal !== null);
      return proposals.toSorted((left, right) => right.number - left.number);
    },
  });
}

/** The votes on a proposal, the weightiest first. */
export function useVotes(governance: string, number: number) {
  return useQuery<readonly VoteView[], FailureError>({
    queryKey: ['votes', governance, number],
    refetchInterval: POLL_MS,
    refetchIntervalInBackground: false,
    queryFn: async ({ signal }) => {
      const rows = await answered(rowsOf(governance, `vote/${number}/`, signal));
      const votes = rows.map(voteFrom).filter((vote) => vote !== null);
      return votes.toSorted((left, right) => right.weight - left.weight);
    },
  });
}

async function rowsOf(functionId: string, prefix: string, signal: AbortSignal) {
  const rows: { readonly key: string; readonly value: Uint8Array }[] = [];
  let pageToken = '';
  for (let page = 0; page < PAGES_MAX; page++) {
    const about = { functionId, prefix, pageSize: PAGE_SIZE, pageToken };
    const answer = await functionClient.listState(about, { signal, timeoutMs: CALL_MS });
    rows.push(...answer.rows);
    pageToken = answer.nextPageToken;
    if (pageToken === '') break;
  }
  return rows;
}

async function answered<Value>(answer: Promise<Value>): Promise<Value> {
  try {
    return await answer;
  } catch (error) {
    throw new FailureError(failureFromConnect(error));
  }
}
