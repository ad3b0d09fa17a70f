import type { CrowdTest } from '../../domain/crowd-test.ts';
import { failure } from '../../domain/failure.ts';
import type { AgentId } from '../../domain/ids.ts';
import { CROWD_TEST_AGE_MS_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { agentIdOf } from '../../integrity/index.ts';
import { KERNEL_BUILD } from '../../kernels/index.ts';
import { crowdTestFromWire, crowdTestMessageFromBytes, CrowdTestSchema } from '../../wire/index.ts';
import { validateMessage } from '../../wire/validation.ts';
import type { SignedClaim } from '../access/verify-now.ts';

/**
 * Parses a crowd test. All of it is a stranger's until the signature holds, and a claim after.
 *
 * Errors: input_malformed, input_invalid, limit_exceeded, signature_invalid; version_unsupported
 * where it is of other kernels than this network's.
 */
export function takeCrowdTest(
  request: { readonly test: Uint8Array; readonly signature: Uint8Array },
  of: { readonly verify: (claim: SignedClaim) => boolean; readonly nowMs: number },
): Outcome<{ readonly agent: AgentId; readonly test: CrowdTest }> {
  const { test: bytes, signature } = request;
  const message = crowdTestMessageFromBytes(bytes);
  if (!message.ok) return message;
  const valid = validateMessage(CrowdTestSchema, message.value);
  if (!valid.ok) return valid;
  const agent = agentIdOf(valid.value.publicKey);
  if (!agent.ok) return agent;
  if (!of.verify({ agent: agent.value, purpose: 'crowd-test', bytes, signature })) {
    const text = "the crowd test's signature is not of its key";
    return fail(failure('signature_invalid', `${text}. Sign the bytes that are sent.`));
  }
  const test = crowdTestFromWire(valid.value);
  if (!test.ok) return test;
  const { kernelBuild, madeAtMs } = test.value;
  if (kernelBuild !== KERNEL_BUILD) {
    const text = 'the crowd test is of other kernels than this network runs';
    const remedy = 'Load the page again, or update the agent, and test anew';
    return fail(failure('version_unsupported', `${text}. ${remedy}.`));
  }
  if (Math.abs(of.nowMs - madeAtMs) > CROWD_TEST_AGE_MS_MAX) {
    const text = 'the crowd test was made more than an hour ago, or in the future';
    return fail(failure('input_invalid', `${text}. See that the clock is right, and test anew.`));
  }
  return succeed({ agent: agent.value, test: test.value });
}
