import { QueryClient, useQuery } from '@tanstack/react-query';
import { failureFromConnect } from '../wire/index.ts';
import { FailureError } from '../domain/failure.ts';
import { networkClient } from './network-client.ts';
import { networkViewFrom, type NetworkView } from './network-view.ts';

const POLL_MS = 1_000;
/** Slower while nobody answers. Milliseconds. */
const POLL_IN_TROUBLE_MS = 3_000;
/** An answer that takes longer is no longer news. Milliseconds. */
const CALL_MS = 5_000;

/** Holds the last answer while the page is elsewhere. */
export const networkQueries = new QueryClient({
  defaultOptions: { queries: { retry: false, networkMode: 'always' } },
});

/**
 * The live network, asked anew each second while the page is visible.
 *
 * After a failure the last answer stays, with the failure beside it, and asking goes on.
 */
export function useNetwork() {
  return useQuery<NetworkView, FailureError>({
    queryKey: ['network'],
    queryFn: ({ signal }) => fetchNetwork(signal),
    refetchInterval: (query) => (query.state.error === null ? POLL_MS : POLL_IN_TROUBLE_MS),
    refetchIntervalInBackground: false,
    refetchOnWindowFocus: 'always',
  });
}

async function fetchNetwork(signal: AbortSignal): Promise<NetworkView> {
  try {
    return networkViewFrom(await networkClient.getNetwork({}, { signal, timeoutMs: CALL_MS }));
  } catch (error) {
    throw new FailureError(failureFromConnect(error));
  }
}
