import { QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { useDevices } from '../devices-query.ts';
import { filterRows, type DeviceRow, type DevicesFilter } from '../devices-view.ts';
import { networkQueries } from '../network-query.ts';
import { CrowdPanel } from '../parts/crowd-panel.tsx';
import { DevicesFilters } from '../parts/devices-filters.tsx';
import { DevicesTable } from '../parts/devices-table.tsx';
import { NetworkTrouble } from '../parts/network-trouble.tsx';
import { Page } from '../primitives/page.tsx';
import { Panel } from '../primitives/panel.tsx';
import { RouteLink } from '../primitives/route-link.tsx';
import { PATHS } from '../route.ts';
import { DEVICES } from '../text.ts';
import styles from './devices.module.css';

/** Which devices compute what rightly, as they say and as checks found. */
export function DevicesPage() {
  return (
    <QueryClientProvider client={networkQueries}>
      <LiveDevices />
    </QueryClientProvider>
  );
}

function LiveDevices() {
  const { data, error, dataUpdatedAt } = useDevices();
  return (
    <Page
      title={DEVICES.title}
      lead={DEVICES.lead}
      back={
        <RouteLink className={styles.back} href={PATHS.network}>
          {DEVICES.back}
        </RouteLink>
      }
    >
      <CrowdPanel kernelBuild={data?.kernelBuild} />
      {error === null ? null : (
        <NetworkTrouble
          failure={error.failure}
          lastAtMs={data === undefined ? null : dataUpdatedAt}
        />
      )}
      {data === undefined ? null : <DevicesBody rows={data.rows} atMs={dataUpdatedAt} />}
    </Page>
  );
}

type DevicesBodyProps = {
  readonly rows: readonly DeviceRow[];
  readonly atMs: number;
};

/** The table as it stood at one instant, and what is to be seen of it. */
export function DevicesBody({ rows, atMs }: DevicesBodyProps) {
  const [filter, setFilter] = useState<DevicesFilter>({ backend: 'all', failuresOnly: false });
  const shown = filterRows(rows, filter);
  return (
    <>
      <p className={styles.caution}>{DEVICES.caution}</p>
      <Panel
        title={DEVICES.table}
        aside={<span role="status">{DEVICES.shown(shown.length, rows.length)}</span>}
      >
        {rows.length === 0 ? (
          <p className={styles.empty}>
            {DEVICES.empty} <RouteLink href={PATHS.contribute}>{DEVICES.emptyLink}</RouteLink>
          </p>
        ) : (
          <>
            <DevicesFilters filter={filter} onChange={setFilter} />
            {shown.length === 0 ? (
              <p className={styles.empty}>{DEVICES.noneMatch}</p>
            ) : (
              <DevicesTable rows={shown} atMs={atMs} />
            )}
          </>
        )}
      </Panel>
      <p className={styles.download}>
        <a href="/conformance.json" download="conformance.json">
          {DEVICES.download}
        </a>
      </p>
    </>
  );
}
