import { useQuery } from '@tanstack/react-query';
import { FailureError } from '../domain/failure.ts';
import { CONFORMANCE_DEVICES_MAX, PAGE_SIZE_MAX } from '../domain/limits.ts';
import { failureFromConnect, type DeviceConformance } from '../wire/index.ts';
import { networkClient } from './network-client.ts';
import { deviceRowsFrom, type DeviceRow } from './devices-view.ts';

const POLL_MS = 10_000;
/** Sooner while nobody answers. Milliseconds. */
const POLL_IN_TROUBLE_MS = 3_000;
const CALL_MS = 5_000;
/** More pages than the table has at its longest are no table. Count. */
const PAGES_MAX = Math.ceil(CONFORMANCE_DEVICES_MAX / PAGE_SIZE_MAX) + 1;

/** The table, and the kernels that it is about by content id. */
export type DevicesTold = { readonly rows: readonly DeviceRow[]; readonly kernelBuild: string };

/** The table of devices, asked anew now and then while the page is visible. */
export function useDevices() {
  return useQuery<DevicesTold, FailureError>({
    queryKey: ['devices'],
    queryFn: ({ signal }) => fetchDevices(signal),
    refetchInterval: (query) => (query.state.error === null ? POLL_MS : POLL_IN_TROUBLE_MS),
    refetchIntervalInBackground: false,
    refetchOnWindowFocus: 'always',
  });
}

async function fetchDevices(signal: AbortSignal): Promise<DevicesTold> {
  const devices: DeviceConformance[] = [];
  let kernelBuild = '';
  const options = { signal, timeoutMs: CALL_MS };
  try {
    let pageToken = '';
    for (let page = 0; page < PAGES_MAX; page++) {
      const answer = await networkClient.listConformance(
        { pageSize: PAGE_SIZE_MAX, pageToken },
        options,
      );
      devices.push(...answer.devices);
      ({ kernelBuild } = answer);
      pageToken = answer.nextPageToken;
      if (pageToken === '') break;
    }
    return { rows: deviceRowsFrom(devices), kernelBuild };
  } catch (error) {
    throw new FailureError(failureFromConnect(error));
  }
}
