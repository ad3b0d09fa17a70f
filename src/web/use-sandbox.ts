import { useEffect, useState } from 'react';

const RETRY_MS = 3_000;

/**
 * Whether the orchestrator says that it is a sandbox; false until it answered.
 *
 * Asked once a visit, as plain JSON: the page of the network, which has a client of its own, comes
 * later.
 */
export function useSandbox(): boolean {
  const [isSandbox, setSandbox] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    let retry: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      try {
        setSandbox(await askSandbox(stop.signal));
      } catch {
        // Out of reach, which the pages say for themselves.
        if (!stop.signal.aborted) retry = setTimeout(() => void ask(), RETRY_MS);
      }
    };
    void ask();
    return () => {
      stop.abort();
      clearTimeout(retry);
    };
  }, []);
  return isSandbox;
}

async function askSandbox(signal: AbortSignal): Promise<boolean> {
  const response = await fetch('/manyhands.network.v1.NetworkService/GetNetwork', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ agentsMax: 1 }),
    signal,
  });
  const network: unknown = await response.json();
  return (
    typeof network === 'object' &&
    network !== null &&
    'sandbox' in network &&
    network.sandbox === true
  );
}
