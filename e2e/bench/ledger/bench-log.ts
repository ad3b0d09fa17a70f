import type { JobId } from '../../../src/domain/ids.ts';
import { randomStream } from '../../../src/domain/random.ts';
import {
  agentIdOf,
  encodeCanonical,
  generateSigningKey,
  messageSignerOf,
  type MessageSigner,
} from '../../../src/integrity/index.ts';
import { signEntry, type CreditedTask, type NoteSigner } from '../../../src/ledger/index.ts';
import { must } from '../../../src/ledger/example-log.contract.ts';

/** A new key. */
export async function benchSigner(): Promise<MessageSigner> {
  return messageSignerOf(must(await generateSigningKey({ extractable: false })));
}

/** A new log's key and name. */
export async function benchLog(): Promise<NoteSigner> {
  return { name: 'bench.example/log', signer: await benchSigner() };
}

/** Signed actions of about 250 bytes, as a transfer between accounts has. */
export async function actions(owner: MessageSigner, count: number): Promise<Uint8Array[]> {
  const entries: Uint8Array[] = [];
  for (let number = 0; number < count; number++) {
    const anchor = new Uint8Array(32);
    new DataView(anchor.buffer).setFloat64(0, number);
    const body = { kind: 'action', function: 'transfer', to: `account-${number % 1_000}`, number };
    const draft = { target: anchor, anchor, tags: [], body: encodeCanonical(body) };
    entries.push(await signEntry(owner, draft));
  }
  return entries;
}

/**
 * Accepted tasks as a network has them: 1,000 agents, four jobs at a time, so many tasks a report,
 * sizes and units that differ.
 */
export async function* acceptedTasks(of: {
  readonly count: number;
  readonly perReport: number;
}): AsyncGenerator<CreditedTask> {
  const random = randomStream(1, 'accepted-tasks');
  const agents = await Promise.all(
    Array.from({ length: 1_000 }, async () => {
      const { publicKey } = await benchSigner();
      return must(agentIdOf(publicKey));
    }),
  );
  let agent = agents[0];
  let report = new Uint8Array(32);
  let start = 0;
  for (let index = 0; index < of.count; index++) {
    if (index % of.perReport === 0) {
      agent = agents[random.nextBelow(agents.length)];
      report = Uint8Array.from({ length: 32 }, () => random.nextBelow(256));
    }
    if (agent === undefined) throw new Error('there are agents');
    const count = 1 + random.nextBelow(512);
    const job = Math.floor(index / 250_000) * 4 + random.nextBelow(4);
    yield {
      // 26 characters of a job id's alphabet.
      job: `job_${String(job).padStart(26, '0')}` as JobId,
      work: 'matmul',
      model: '',
      stage: 0,
      index: index % 1_000_000,
      rows: { start, count },
      agent,
      report,
      units: count * (1 + random.nextBelow(10_000)),
      checks: 1 + random.nextBelow(7),
    };
    start = (start + count) % 100_000_000;
  }
}

/** Ed25519 verifications a second, many at once, as the platform makes them. */
export function verificationsPerSecond(): Promise<number> {
  return perSecond(async () => {
    await verifyMany(1_024);
    return 1_024;
  });
}

/** Verifies a signature so many times, 1,024 of them at once. */
export async function verifyMany(count: number): Promise<void> {
  const { publicKey, message, signature } = await signedMessage;
  const verify = () => crypto.subtle.verify('Ed25519', publicKey, signature, message);
  for (let left = count; left > 0; left -= 1_024) {
    await Promise.all(Array.from({ length: Math.min(left, 1_024) }, verify));
  }
}

const signedMessage = (async () => {
  const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  // An asymmetric algorithm gives a pair.
  const { publicKey, privateKey } = pair as CryptoKeyPair;
  const message = new Uint8Array(48);
  return {
    publicKey,
    message,
    signature: await crypto.subtle.sign('Ed25519', privateKey, message),
  };
})();

/** How many a second: `turn` says how many it did, and is repeated for a while. */
export async function perSecond(turn: () => Promise<number>, leastMs = 400): Promise<number> {
  const startedAtMs = performance.now();
  let done = 0;
  while (performance.now() - startedAtMs < leastMs) done += await turn();
  return (done / (performance.now() - startedAtMs)) * 1_000;
}
