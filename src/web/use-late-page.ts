import { useEffect, useState } from 'react';
import type { LatePage } from './late-pages.ts';

const RETRY_MS = 3_000;

/**
 * A page once its code is here.
 *
 * While the orchestrator is away the code is too; that is told, and asking goes on.
 */
export function useLatePage<Page>(late: LatePage<Page>): {
  readonly page: Page | null;
  readonly isLate: boolean;
} {
  const [page, setPage] = useState(() => late.loaded);
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    let isShown = true;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const load = async () => {
      try {
        late.loaded ??= await late.load();
        if (isShown) setPage(() => late.loaded);
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
  }, [late]);
  return { page, isLate };
}
