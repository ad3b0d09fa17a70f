import { useQuery } from '@tanstack/react-query';
import type { EvidenceSummary } from '../domain/evidence.ts';
import { failure, FailureError } from '../domain/failure.ts';
import { evidenceListFromJson } from '../wire/index.ts';

const POLL_MS = 10_000;

/** The evidence that the orchestrator lists, the newest first; asked for anew once in a while. */
export function useEvidenceList() {
  return useQuery<readonly EvidenceSummary[], FailureError>({
    queryKey: ['evidence'],
    queryFn: ({ signal }) => fetchList(signal),
    refetchInterval: POLL_MS,
    refetchIntervalInBackground: false,
  });
}

async function fetchList(signal: AbortSignal): Promise<readonly EvidenceSummary[]> {
  const listed = evidenceListFromJson(await fetchJson(signal));
  if (!listed.ok) throw new FailureError(listed.failure);
  return listed.value;
}

async function fetchJson(signal: AbortSignal): Promise<unknown> {
  try {
    const headers = { accept: 'application/json' };
    const response = await fetch('/evidence', { headers, signal });
    if (response.status === 200) return await response.json();
    throw new Error(`HTTP ${response.status}`);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    const text = `the orchestrator does not list its evidence (${detail})`;
    throw new FailureError(failure('unavailable', `${text}. The page tries again by itself.`));
  }
}
