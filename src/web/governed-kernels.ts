import { useQuery } from '@tanstack/react-query';
import { FailureError } from '../domain/failure.ts';
import { proveRow } from './ledger/prove-row.ts';
import { useRecord } from './ledger/record-query.ts';
import { functionNamed } from './ledger/record-view.ts';
import { inRecordWorker } from './ledger/use-record-work.ts';

/** Whether the network's registry admits kernels, as this tab found it in the record. */
export type Governed = {
  readonly isAdmitted: boolean;
  /** The entry whose claimed state has it so; null: it is not proven. */
  readonly provenBy: number | null;
};

const FRESH_MS = 60_000;

/** Looks a build of kernels up in the registry, and proves what it says. */
export function useGoverned(build: string | undefined) {
  const { data: record } = useRecord();
  const registry = record === undefined ? null : functionNamed(record, 'registry');
  return useQuery<Governed, FailureError>({
    queryKey: ['governed', build, registry, record?.keyText],
    enabled: build !== undefined && record !== undefined && registry !== null,
    staleTime: FRESH_MS,
    queryFn: async () => {
      const policy = record?.policy;
      if (policy === undefined || registry === null) throw new TypeError('a registry is known');
      const key = `admitted/kernel/${build}`;
      const proven = await inRecordWorker((api) =>
        proveRow(api, { policy, pinned: null, function: registry, key, since: null }),
      ).outcome;
      if (!proven.ok) throw new FailureError(proven.failure);
      const { value, verdict } = proven.value;
      const provenBy = verdict.difference === null ? (verdict.claimed?.at ?? null) : null;
      return { isAdmitted: value !== undefined, provenBy };
    },
  });
}
