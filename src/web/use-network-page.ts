import { useEffect, useState } from 'react';

type NetworkPage = (typeof import('./pages/network.tsx'))['NetworkPage'];

const RETRY_MS = 3_000;

// Stays for the next visit of the page.
let loaded: NetworkPage | null = null;

/**
 * The Network page once its code is here: Contribute must not wait for what only Network needs.
 *
 * While the orchestrator is away the code is too; that is told, and asking goes on.
 */
export function useNetworkPage(): { readonly page: NetworkPage | null; readonly isLate: boolean } {
  const [page, setPage] = useState(() => loaded);
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    let isShown = true;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const load = async () => {
      try {
        loaded ??= (await import('./pages/network.tsx')).NetworkPage;
        if (isShown) setPage(() => loaded);
      } catch {
        // Only a fetch can fail here, and the page says so.
        if (!isShown) return;
        setLate(true);
        retry = setTimeout(() => void load(), RETRY_MS);
      }
    };
    void load();
    return () => {
      isShown = false;
      clearTimeout(retry);
    };
  }, []);
  return { page, isLate };
}
