import { QueryClientProvider } from '@tanstack/react-query';
import { DraftPanel } from '../governance/draft-panel.tsx';
import { FunctionsPanel } from '../governance/functions-panel.tsx';
import { useFunctions } from '../governance/governance-query.ts';
import { GOVERNANCE } from '../governance/governance-text.ts';
import { ProposalsPanel } from '../governance/proposals-panel.tsx';
import { ForkBanner, OtherLogNotice } from '../ledger/fork-banner.tsx';
import { usePin, useRecord } from '../ledger/record-query.ts';
import type { RecordView } from '../ledger/record-view.ts';
import { networkQueries } from '../network-query.ts';
import { NetworkTrouble } from '../parts/network-trouble.tsx';
import { Notice } from '../primitives/notice.tsx';
import { Page } from '../primitives/page.tsx';
import { useOwnKey } from '../work/work-query.ts';

/** The rules of the network, and how they change. */
export function GovernancePage() {
  return (
    <QueryClientProvider client={networkQueries}>
      <LiveGovernance />
    </QueryClientProvider>
  );
}

function LiveGovernance() {
  const { data: record, error, dataUpdatedAt } = useRecord();
  const pin = usePin(record);
  return (
    <Page title={GOVERNANCE.title} lead={GOVERNANCE.lead}>
      {error === null ? null : (
        <NetworkTrouble
          failure={error.failure}
          lastAtMs={record === undefined ? null : dataUpdatedAt}
        />
      )}
      {record === undefined ? (
        <p role="status">{error === null ? GOVERNANCE.loading : null}</p>
      ) : (
        <>
          <ForkBanner record={record} pin={pin.data} />
          <OtherLogNotice record={record} pin={pin.data} />
          <Functions record={record} />
        </>
      )}
    </Page>
  );
}

function Functions({ record }: { readonly record: RecordView }) {
  const { data: functions, error } = useFunctions(record.functions);
  const ownAgent = useOwnKey().data?.agent;
  if (record.functions.length === 0) return <p>{GOVERNANCE.none}</p>;
  if (functions === undefined) {
    if (error === null) return <p role="status">{GOVERNANCE.loading}</p>;
    return (
      <Notice>
        <p>
          <strong>{GOVERNANCE.trouble}</strong>
        </p>
        <p>{error.message}</p>
      </Notice>
    );
  }
  const governance = functions.find(({ name }) => name === 'governance');
  return (
    <>
      {governance === undefined ? null : (
        <ProposalsPanel record={record} governance={governance} ownAgent={ownAgent} />
      )}
      {governance === undefined ? null : (
        <DraftPanel
          record={record}
          functions={functions}
          governance={governance}
          ownAgent={ownAgent}
        />
      )}
      <FunctionsPanel functions={functions} />
    </>
  );
}
