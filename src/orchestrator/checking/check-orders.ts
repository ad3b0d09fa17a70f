import { assert } from '../../domain/assert.ts';
import { FailureError } from '../../domain/failure.ts';
import type { JobId } from '../../domain/ids.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { wideSeedFrom } from '../../domain/random.ts';
import type { StageWork, TaskOutput } from '../../domain/work.ts';
import type { CheckRequest, LeaseNumber } from '../../scheduler/index.ts';
import type { Coordinator } from '../coordinator.ts';
import type { Store } from '../log/store.ts';
import type { Platform } from '../platform.ts';
import type { CheckOrder } from './check-message.ts';
import { orderedMode } from './ordered-mode.ts';

/** Of one check: more than anybody could try. */
const SEED_BYTES = 16;

/** Makes orders for a checking thread out of requests of one stage: `ordersOf`. */
export type CheckOrders = (
  work: StageWork,
  requests: readonly CheckRequest[],
) => Promise<Outcome<readonly CheckOrder[]>>;

/**
 * Reads what was reported, draws the seeds, and decides how many rows are looked at.
 *
 * The seeds are drawn here, when the results are durable under their agents' signatures: nobody
 * could know which rows, or which random vector, would be theirs.
 * Errors: "storage_failed".
 */
export function checkOrders(parts: {
  readonly coordinator: Coordinator;
  readonly store: Store;
  readonly platform: Pick<Platform, 'randomBytes'>;
  /** Whether what is accepted for samples of it may be revoked later. */
  readonly mayRevoke: boolean;
}): CheckOrders {
  const { coordinator, store, platform, mayRevoke } = parts;

  return async (work, requests) => {
    const [first] = requests;
    if (first === undefined) return succeed([]);
    const found = await readOutputs(store, { job: first.job, leases: leasesOf(requests) });
    if (!found.ok) return found;
    const outputs = found.value;
    let read = 0;
    const seeds = platform.randomBytes(SEED_BYTES * requests.length);
    const orders = requests.map((request, index): CheckOrder => {
      const results = request.results.map(({ lease }) => {
        const output = outputs[read++] ?? null;
        assert(output !== null, 'an output is durable before it is checked');
        return { lease, output };
      });
      const seed = wideSeedFrom(seeds, SEED_BYTES * index);
      return {
        work,
        rows: request.rows,
        results,
        mode: orderedMode(coordinator.state, request, mayRevoke),
        seed,
      };
    });
    return succeed(orders);
  };
}

/** In the order of the checks, and of the results of each. */
export function leasesOf(asked: readonly CheckRequest[]): LeaseNumber[] {
  const leases: LeaseNumber[] = [];
  for (const { results } of asked) for (const { lease } of results) leases.push(lease);
  return leases;
}

async function readOutputs(
  store: Store,
  { job, leases }: { readonly job: JobId; readonly leases: readonly LeaseNumber[] },
): Promise<Outcome<readonly (TaskOutput | null)[]>> {
  try {
    return succeed(await store.outputs(job, leases));
  } catch (cause) {
    if (cause instanceof FailureError) return fail(cause.failure);
    throw cause;
  }
}
