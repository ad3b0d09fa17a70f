import { QueryClientProvider } from '@tanstack/react-query';
import { wholeDurationWords } from '../amounts.ts';
import { networkQueries, useNetwork } from '../network-query.ts';
import { recentRate, type NetworkView } from '../network-view.ts';
import { AgentsTable } from '../parts/agents-table.tsx';
import { CanaryPanel } from '../parts/canary-panel.tsx';
import { JobsList } from '../parts/jobs-list.tsx';
import { NetworkFigures } from '../parts/network-figures.tsx';
import { NetworkTrouble } from '../parts/network-trouble.tsx';
import { Throughput } from '../parts/throughput.tsx';
import { Badge } from '../primitives/badge.tsx';
import { RouteLink } from '../primitives/route-link.tsx';
import { PATHS } from '../route.ts';
import { NETWORK } from '../text.ts';
import styles from './network.module.css';

const RATE_SECONDS = 10;

type NetworkPageProps = {
  /** This browser's own agent, to be marked; null before it has a key. */
  readonly ownShortId: string | null;
};

/** Everyone and everything at work, live. */
export function NetworkPage({ ownShortId }: NetworkPageProps) {
  return (
    <QueryClientProvider client={networkQueries}>
      <LiveNetwork ownShortId={ownShortId} />
    </QueryClientProvider>
  );
}

function LiveNetwork({ ownShortId }: NetworkPageProps) {
  const { data, error, dataUpdatedAt } = useNetwork();
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <div>
          <h1 className={styles.title}>{NETWORK.title}</h1>
          <p className={styles.lead}>{NETWORK.lead}</p>
        </div>
        <p role="status">
          <LiveBadge hasError={error !== null} hasData={data !== undefined} />
        </p>
      </header>
      {error === null ? null : (
        <NetworkTrouble
          failure={error.failure}
          lastAtMs={data === undefined ? null : dataUpdatedAt}
        />
      )}
      {data === undefined ? null : (
        <NetworkBody network={data} atMs={dataUpdatedAt} ownShortId={ownShortId} />
      )}
    </div>
  );
}

function LiveBadge({ hasError, hasData }: { hasError: boolean; hasData: boolean }) {
  if (hasError) return <Badge tone="bad">{NETWORK.lost}</Badge>;
  if (hasData) return <Badge tone="good">{NETWORK.live}</Badge>;
  return <Badge tone="quiet">{NETWORK.connecting}</Badge>;
}

type NetworkBodyProps = NetworkPageProps & {
  readonly network: NetworkView;
  readonly atMs: number;
};

/** The network as it stood at one instant. */
export function NetworkBody({ network, atMs, ownShortId }: NetworkBodyProps) {
  const rate = recentRate(network.acceptedPerSecond, RATE_SECONDS);
  return (
    <>
      <NetworkFigures network={network} tasksPerSecond={rate} />
      <Throughput acceptedPerSecond={network.acceptedPerSecond} />
      <JobsList jobs={network.jobs} openCount={network.openJobCount} atMs={atMs} />
      <AgentsTable agents={network.agents} count={network.agentCount} ownShortId={ownShortId} />
      <CanaryPanel canaries={network.canaries} />
      <p className={styles.devices}>
        <RouteLink href={PATHS.devices}>{NETWORK.devicesLink}</RouteLink>
      </p>
      <p className={styles.server}>
        {NETWORK.server(network.softwareVersion, wholeDurationWords(atMs - network.startedAtMs))}
      </p>
    </>
  );
}
