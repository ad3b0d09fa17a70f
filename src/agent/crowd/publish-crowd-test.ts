import type { Client } from '@connectrpc/connect';
import type { CrowdTest } from '../../domain/crowd-test.ts';
import { AGENT_CALL_MS } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { publicKeyOf, signBytes, type SigningKey } from '../../integrity/index.ts';
import { crowdTestToBytes, failureFromConnect, type NetworkService } from '../../wire/index.ts';

/** The kind of device that a crowd test counts for. */
export type CountedFor = { readonly software: string; readonly adapter: string };

/**
 * Signs a crowd test and hands it to an orchestrator, whose table is public.
 *
 * Errors: those of the call; version_unsupported where the orchestrator runs other kernels,
 * input_invalid where the test is an hour old.
 */
export async function publishCrowdTest(
  test: CrowdTest,
  to: {
    readonly network: Pick<Client<typeof NetworkService>, 'reportCrowdTest'>;
    readonly key: SigningKey;
    readonly signal: AbortSignal;
  },
): Promise<Outcome<CountedFor>> {
  const publicKey = publicKeyOf(to.key.agent);
  if (!publicKey.ok) return publicKey;
  const bytes = crowdTestToBytes({ ...test, publicKey: publicKey.value });
  const signature = await signBytes(to.key, { purpose: 'crowd-test', bytes });
  try {
    const options = { signal: to.signal, timeoutMs: AGENT_CALL_MS };
    const taken = await to.network.reportCrowdTest({ test: bytes, signature }, options);
    return succeed({ software: taken.software, adapter: taken.adapter });
  } catch (error) {
    return fail(failureFromConnect(error));
  }
}
