import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { describe, expect, it } from 'vitest';
import type { CrowdTest } from '../domain/crowd-test.ts';
import { CROWD_TEST_AGE_MS_MAX, CROWD_TESTS_BURST } from '../domain/limits.ts';
import { actionDraft, freshAnchor, networkFunctions } from '../execution-machine/index.ts';
import {
  generateSigningKey,
  messageSignerOf,
  publicKeyOf,
  signBytes,
  type SigningKey,
} from '../integrity/index.ts';
import { signEntry } from '../ledger/index.ts';
import { KERNEL_BUILD } from '../kernels/index.ts';
import { crowdTestToBytes, failureFromConnect, LedgerService } from '../wire/index.ts';
import { openRecordKey } from './record/record-key.ts';
import { producerOf, startForTest, until, valueOf, type Producer } from './volunteer.contract.ts';

const key = valueOf(await generateSigningKey({ extractable: false }));
const stranger = valueOf(await generateSigningKey({ extractable: false }));

const TEST: Omit<CrowdTest, 'madeAtMs'> = {
  kernelBuild: KERNEL_BUILD,
  label: 'Firefox 150, Linux',
  adapter: 'a GPU',
  conformance: [{ primitive: 'exp', backend: 'webgpu', passed: true, detail: '20 vectors' }],
  times: [{ operator: 'exp', backend: 'webgpu', medianUs: 120 }],
};

/** What a volunteer sends, as its key signs it. */
async function signedTest(changes: Partial<CrowdTest> = {}, by: SigningKey = key, of = key) {
  const publicKey = valueOf(publicKeyOf(of.agent));
  const test = crowdTestToBytes({ ...TEST, madeAtMs: Date.now(), ...changes, publicKey });
  return { test, signature: await signBytes(by, { purpose: 'crowd-test', bytes: test }) };
}

/** As soon as functions are evaluated, which say whether the kernels are governed. */
async function report(
  network: Producer['network'],
  signed: Awaited<ReturnType<typeof signedTest>>,
) {
  for (;;) {
    try {
      return await network.reportCrowdTest(signed);
    } catch (error) {
      if (failureFromConnect(error).code !== 'unavailable') throw error;
    }
  }
}

describe('a crowd test that is reported', () => {
  it('is in the table, without a session, and counts once a key', async () => {
    const running = await startForTest();
    const { network } = producerOf(running);
    for (let times = 0; times < 2; times++) {
      const taken = await report(network, await signedTest());
      expect(taken).toMatchObject({ software: 'Firefox 150', adapter: 'a GPU' });
    }
    const told = await network.listConformance({});
    expect(told.kernelBuild).toBe(KERNEL_BUILD);
    expect(told.devices).toMatchObject([
      { keys: 1, primitives: [{ primitive: 'exp', passedKeys: 1, timedKeys: 1, medianUs: 120n }] },
    ]);
    const asJson = await (await fetch(`${running.url}/conformance.json`)).json();
    expect(asJson).toMatchObject({ kernelBuild: KERNEL_BUILD });
    expect(JSON.stringify(asJson)).toContain('"medianUs":120');
  });

  const otherBytes = async () => {
    const signed = await signedTest();
    const test = signed.test.slice();
    test[test.length - 1]! ^= 1; // not empty
    return { ...signed, test };
  };
  const otherPurpose = async () => {
    const { test } = await signedTest();
    return { test, signature: await signBytes(key, { purpose: 'join', bytes: test }) };
  };
  const longAgo = Date.now() - CROWD_TEST_AGE_MS_MAX - 60_000;
  const ahead = Date.now() + CROWD_TEST_AGE_MS_MAX + 60_000;
  const times = (medianUs: number) => [{ operator: 'exp', backend: 'wasm', medianUs }] as const;
  it.each<[string, () => Promise<{ test: Uint8Array; signature: Uint8Array }>, string]>([
    ['of which a byte was changed', otherBytes, 'signature_invalid'],
    ['signed by another key', () => signedTest({}, stranger), 'signature_invalid'],
    ['signed for another purpose', otherPurpose, 'signature_invalid'],
    ['of other kernels', () => signedTest({ kernelBuild: 'bafkreix' }), 'version_unsupported'],
    ['of none', () => signedTest({ kernelBuild: '' }), 'input_invalid'],
    ['of long ago', () => signedTest({ madeAtMs: longAgo }), 'input_invalid'],
    ['of the future', () => signedTest({ madeAtMs: ahead }), 'input_invalid'],
    ['without vectors', () => signedTest({ conformance: [] }), 'input_invalid'],
    ['that took no time', () => signedTest({ times: times(0) }), 'input_invalid'],
    ['that took for ever', () => signedTest({ times: times(2 ** 40) }), 'input_invalid'],
  ])('%s is refused, and not in the table', async (_, made, code) => {
    const { network } = producerOf(await startForTest());
    const refused = await network.reportCrowdTest(await made()).catch(failureFromConnect);
    expect(refused).toMatchObject({ code });
    expect(await network.listConformance({})).toMatchObject({ deviceCount: 0 });
  });

  it('that does not parse is refused', async () => {
    const { network } = producerOf(await startForTest());
    const test = new Uint8Array([0xff, 0xff, 0xff]);
    const request = { test, signature: new Uint8Array(64) };
    const refused = await network.reportCrowdTest(request).catch(failureFromConnect);
    expect(refused).toMatchObject({ code: 'input_malformed' });
  });

  it('is refused above the rate of its address range', async () => {
    const { network } = producerOf(await startForTest({ limitLoopback: true }));
    const signed = await signedTest();
    for (let index = 0; index < CROWD_TESTS_BURST; index++) {
      // Refused or not, each counts.
      await network.reportCrowdTest(signed).catch(failureFromConnect);
    }
    const refused = await network.reportCrowdTest(signed).catch(failureFromConnect);
    expect(refused).toMatchObject({ code: 'rate_limited' });
  });

  it('is refused once its kernels are withdrawn from the registry', async () => {
    const running = await startForTest();
    const { network } = producerOf(running);
    await report(network, await signedTest());
    // By the steward of the registry, whose key is the record's.
    const steward = valueOf(await openRecordKey(running.dataFolder));
    const { registry } = networkFunctions(steward.agent);
    const body = { kind: 'withdraw', id: KERNEL_BUILD, words: 'a wrong sum was found' };
    const draft = actionDraft({ function: registry.id, body, anchor: freshAnchor() });
    const entry = await signEntry(messageSignerOf(steward), draft);
    const transport = createConnectTransport({ baseUrl: running.url, httpVersion: '1.1' });
    const ledger = createClient(LedgerService, transport);
    await until(async () => {
      const answer = await ledger.submitEntry({ entry }).catch(failureFromConnect);
      return 'promise' in answer ? answer : undefined;
    });
    const refused = await until(async () => {
      const told = await network.reportCrowdTest(await signedTest()).catch(failureFromConnect);
      return 'code' in told && told.code === 'version_unsupported' ? told : undefined;
    });
    expect(refused.message).toContain('withdrawn');
  });
});
