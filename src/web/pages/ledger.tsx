import { QueryClientProvider } from '@tanstack/react-query';
import { EntriesPanel } from '../ledger/entries-panel.tsx';
import { ForkBanner, OtherLogNotice } from '../ledger/fork-banner.tsx';
import { ArchivePanel } from '../ledger/archive-panel.tsx';
import { LEDGER } from '../ledger/ledger-text.ts';
import { RecordPanel } from '../ledger/record-panel.tsx';
import { usePin, useRecord } from '../ledger/record-query.ts';
import { VerifyPanel } from '../ledger/verify-panel.tsx';
import { networkQueries } from '../network-query.ts';
import { NetworkTrouble } from '../parts/network-trouble.tsx';
import { Notice } from '../primitives/notice.tsx';
import { Page } from '../primitives/page.tsx';

/** The record: how far it got, who saw it, what stands in it, and whether that is true. */
export function LedgerPage() {
  return (
    <QueryClientProvider client={networkQueries}>
      <LiveLedger />
    </QueryClientProvider>
  );
}

function LiveLedger() {
  const { data: record, error, dataUpdatedAt } = useRecord();
  const pin = usePin(record);
  return (
    <Page title={LEDGER.title} lead={LEDGER.lead}>
      {error === null ? null : (
        <NetworkTrouble
          failure={error.failure}
          lastAtMs={record === undefined ? null : dataUpdatedAt}
        />
      )}
      {record === undefined ? (
        <p role="status">{error === null ? LEDGER.loading : null}</p>
      ) : (
        <>
          <ForkBanner record={record} pin={pin.data} />
          <OtherLogNotice record={record} pin={pin.data} />
          {record.checkpoint.kind === 'refused' ? (
            <Notice>
              <p>
                <strong>{LEDGER.untrusted}</strong>
              </p>
              <p>{record.checkpoint.failure.message}</p>
            </Notice>
          ) : null}
          <RecordPanel record={record} pin={pin.data} pinError={pin.error} />
          <VerifyPanel record={record} />
          <ArchivePanel record={record} />
          <EntriesPanel record={record} />
        </>
      )}
    </Page>
  );
}
