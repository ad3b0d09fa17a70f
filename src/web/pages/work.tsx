import { QueryClientProvider } from '@tanstack/react-query';
import type { AgentId } from '../../domain/ids.ts';
import { ForkBanner, OtherLogNotice } from '../ledger/fork-banner.tsx';
import { usePin, useRecord } from '../ledger/record-query.ts';
import type { RecordView } from '../ledger/record-view.ts';
import { networkQueries } from '../network-query.ts';
import { NetworkTrouble } from '../parts/network-trouble.tsx';
import { Notice } from '../primitives/notice.tsx';
import { Page } from '../primitives/page.tsx';
import { CreditedPanel } from '../work/credited-panel.tsx';
import { ReceiptFile } from '../work/receipt-file.tsx';
import { ReceiptsPanel } from '../work/receipts-panel.tsx';
import { StandingPanel } from '../work/standing-panel.tsx';
import { useTrusted } from '../work/use-trusted.ts';
import type { Trusted } from '../work/walk-receipt.ts';
import { useCredits, useOwnKey, useReceipts } from '../work/work-query.ts';
import { WORK } from '../work/work-text.ts';

/** What this browser's key was credited, and the proof of each task. */
export function WorkPage() {
  return (
    <QueryClientProvider client={networkQueries}>
      <LiveWork />
    </QueryClientProvider>
  );
}

function LiveWork() {
  const { data: record, error, dataUpdatedAt } = useRecord();
  const pin = usePin(record);
  const key = useOwnKey();
  const trusted = useTrusted(record);
  const agent = key.data?.agent;
  return (
    <Page title={WORK.title} lead={WORK.lead}>
      {error === null ? null : (
        <NetworkTrouble
          failure={error.failure}
          lastAtMs={record === undefined ? null : dataUpdatedAt}
        />
      )}
      {record === undefined ? null : (
        <>
          <ForkBanner record={record} pin={pin.data} />
          <OtherLogNotice record={record} pin={pin.data} />
        </>
      )}
      {key.error === null ? null : (
        <Notice>
          <p>
            <strong>{WORK.keyTrouble}</strong>
          </p>
          <p>{key.error.message}</p>
        </Notice>
      )}
      {agent === undefined || record === undefined ? null : (
        <StandingPanel agent={agent} record={record} />
      )}
      {agent === undefined || trusted === undefined ? <p role="status">{WORK.loading}</p> : null}
      {agent === undefined || trusted === undefined || trusted === null ? null : (
        <OwnWork agent={agent} record={record} trusted={trusted} />
      )}
      {trusted === undefined ? null : (
        <ReceiptFile trusted={trusted} isOnline={error === null} ownAgent={agent} />
      )}
    </Page>
  );
}

type OwnWorkProps = {
  readonly agent: AgentId;
  readonly record: RecordView | undefined;
  readonly trusted: Trusted;
};

function OwnWork({ agent, record, trusted }: OwnWorkProps) {
  const { data, error, hasNextPage, fetchNextPage } = useCredits(agent);
  const pages = data?.pages ?? [];
  const credited = pages.flatMap(({ entries }) => entries);
  const log = record?.origin ?? trusted.policy.logs[0]?.key.name ?? '';
  const publishedSize =
    record?.checkpoint.kind === 'trusted' ? record.checkpoint.trusted.checkpoint.size : 0;
  const receipts = useReceipts({ log, credited, publishedSize, policy: trusted.policy });
  const kept = receipts.data ?? [];
  return (
    <>
      <CreditedPanel agent={agent} record={record} pages={pages} keptCount={kept.length} />
      {receipts.error === null ? null : (
        <Notice>
          <p>{WORK.trouble}</p>
          <p>{receipts.error.message}</p>
        </Notice>
      )}
      {data === undefined && error === null ? <p role="status">{WORK.receiptsLoading}</p> : null}
      {error === null ? null : <Notice>{error.message}</Notice>}
      {credited.length === 0 ? null : (
        <ReceiptsPanel
          agent={agent}
          log={log}
          isOnline={record !== undefined && error === null}
          trusted={trusted}
          credited={credited}
          kept={kept}
          onOlder={hasNextPage ? () => void fetchNextPage() : null}
        />
      )}
    </>
  );
}
