import { crowdSize } from '../../domain/crowd-test.ts';
import { KERNEL_BUILD } from '../../kernels/index.ts';
import type { ConformanceTable } from './conformance-keeper.ts';

const NOTE =
  'passedKeys and failedKeys are what agents say of their own devices: claims of strangers, one ' +
  'vote a key. medianUs is the median of what timedKeys of them took, as told in crowd tests of the ' +
  `kernels named by kernelBuild: products of ${crowdSize('matmul').join(' x ')}, all else of ` +
  `${crowdSize('add').join(' x ')}. ` +
  'resultsAccepted and resultsRejected are what the checks of this orchestrator found ' +
  'of the results of such devices.';

/** The whole table as JSON, made when it is asked for and the table is another than before. */
export function conformanceJson(table: Pick<ConformanceTable, 'told'>): () => Uint8Array {
  let made: { readonly of: unknown; readonly bytes: Uint8Array } | null = null;
  return () => {
    const devices = table.told();
    if (made?.of !== devices) {
      const text = JSON.stringify({ note: NOTE, kernelBuild: KERNEL_BUILD, devices }, null, 1);
      made = { of: devices, bytes: new TextEncoder().encode(`${text}\n`) };
    }
    return made.bytes;
  };
}
