import { useQuery } from '@tanstack/react-query';
import { FailureError } from '../../domain/failure.ts';
import { httpTiles } from '../../execution-machine/verify/http-tiles.ts';
import { trustCheckpoint, type Policy, type SignedCheckpoint } from '../../ledger/index.ts';
import { failureFromConnect } from '../../wire/index.ts';
import { gossip } from './gossip.ts';
import { pageStore } from './page-store.ts';
import { followPin, type PinState } from './pin-book.ts';
import { CALL_MS, ledgerClient, RECORD_FILES } from './record-clients.ts';
import { recordViewFrom, withLastTrusted, type RecordView } from './record-view.ts';

const POLL_MS = 2_000;
/** Slower while nobody answers. Milliseconds. */
const POLL_IN_TROUBLE_MS = 5_000;

const NOBODY: Policy = { logs: [], witnesses: new Map(), quorum: { kind: 'none' } };

/** The pins of this browser. */
export const PINS = pageStore('manyhands-pins');

/** The record, asked for anew every two seconds while the page is visible. */
export function useRecord() {
  return useQuery<RecordView, FailureError>({
    queryKey: ['record'],
    queryFn: async ({ signal, client }) => {
      const fresh = await fetchRecord(signal);
      return withLastTrusted(fresh, client.getQueryData<RecordView>(['record']));
    },
    refetchInterval: (query) => (query.state.error === null ? POLL_MS : POLL_IN_TROUBLE_MS),
    refetchIntervalInBackground: false,
    // Maps and bytes do not compare by their fields.
    structuralSharing: false,
  });
}

/** How the newest checkpoint stands to what this browser saw before; shown to the log as well. */
export function usePin(record: RecordView | undefined) {
  const checkpoint = record?.checkpoint;
  const trusted = checkpoint?.kind === 'trusted' ? checkpoint.trusted : null;
  const { keyText, policy } = record ?? { keyText: '', policy: NOBODY };
  return useQuery<PinState, FailureError>({
    queryKey: ['pin', keyText, trusted?.signed.note.text],
    enabled: trusted !== null,
    placeholderData: (former) => former,
    structuralSharing: false,
    queryFn: async () => {
      // Enabled only where there is one.
      if (trusted === null) throw new Error('a checkpoint to follow');
      const tiles = httpTiles(RECORD_FILES);
      const follow = async (signed: SignedCheckpoint): Promise<PinState> => {
        const followed = await followPin(PINS, { keyText, signed, tiles });
        if (!followed.ok) throw new FailureError(followed.failure);
        return followed.value;
      };
      const state = await follow(trusted.signed);
      if (state.kind !== 'followed') return state;
      for (const told of await gossip(trusted.signed)) {
        const seen = await trustCheckpoint(policy, told.bytes);
        const compared = seen.ok ? await follow(seen.value.signed) : state;
        if (compared.kind !== 'followed') return compared;
      }
      return state;
    },
  });
}

async function fetchRecord(signal: AbortSignal): Promise<RecordView> {
  const response = await ledgerClient
    .getRecord({}, { signal, timeoutMs: CALL_MS })
    .catch((error: unknown) => {
      throw new FailureError(failureFromConnect(error));
    });
  const view = await recordViewFrom(response);
  if (!view.ok) throw new FailureError(view.failure);
  return view.value;
}
