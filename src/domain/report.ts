import type { Failure } from './failure.ts';
import type { LeaseId, SessionId } from './ids.ts';
import type { BackendName } from './operator.ts';
import type { TaskOutput } from './work.ts';

/** What an agent reports of its leases, in one signed batch. */
export type Report = { readonly session: SessionId; readonly results: readonly TaskReport[] };

export type TaskReport = {
  readonly lease: LeaseId;
  readonly result:
    | { readonly kind: 'output'; readonly output: TaskOutput }
    | { readonly kind: 'failed'; readonly failure: Failure };
  readonly computeMs: number;
  readonly backend: BackendName;
};

/** late: the lease or job is over; foreign: not a lease of this session. Neither counts. */
export type ResultStatus = 'received' | 'duplicate' | 'late' | 'foreign' | 'malformed';
