import { useQuery } from '@tanstack/react-query';
import { pageStore } from '../ledger/page-store.ts';
import { functionNamed, type RecordView } from '../ledger/record-view.ts';
import type { Trusted } from './walk-receipt.ts';

/** Whom this browser trusted last, for when nobody answers. */
const KEPT = pageStore('manyhands-trusted');
const NAME = 'latest';

/**
 * Whom receipts are held to: what the orchestrator says, or said when it last answered.
 *
 * Undefined until it is known; null where nobody ever answered here.
 */
export function useTrusted(record: RecordView | undefined): Trusted | null | undefined {
  const { data } = useQuery<Trusted | null>({
    queryKey: ['trusted', record?.keyText, record?.functions.length],
    staleTime: Infinity,
    structuralSharing: false,
    placeholderData: (former) => former,
    queryFn: async () => {
      if (record === undefined) return keptIn(await KEPT.get(NAME).catch(() => null));
      const { policy, logKey } = record;
      const trusted: Trusted = { policy, logKey, credits: functionNamed(record, 'credits') };
      // A browser that keeps nothing knows it as long as the page is open.
      await KEPT.put(NAME, trusted).catch(() => undefined);
      return trusted;
    },
  });
  return data;
}

function keptIn(stored: unknown): Trusted | null {
  const isWhole = typeof stored === 'object' && stored !== null && 'policy' in stored;
  // The function above is the only writer.
  return isWhole && 'logKey' in stored && 'credits' in stored ? (stored as Trusted) : null;
}
