import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { randomBytes } from 'node:crypto';
import { parseLeaseId, parseSessionId } from '../../src/domain/ids.ts';
import { AgentService, reportToBytes } from '../../src/wire/index.ts';
import { certain } from '../network/client.ts';

/**
 * The load of the tiny-tasks bench's ceiling, a process of its own:
 * `node echo-load.ts URL SESSIONS BATCH MILLISECONDS`. Prints how many tasks a second the other
 * side took in such reports as tiny agents send.
 */
const [url = '', ...numbers] = process.argv.slice(2);
const [sessions = 4, batch = 64, durationMs = 2_000] = numbers.map(Number);
const client = createClient(
  AgentService,
  createConnectTransport({ baseUrl: url, httpVersion: '1.1' }),
);
const request = { report: sampleReport(), signature: new Uint8Array(64) };
// The first half warms both sides up.
await callFor(durationMs / 2);
const calls = await callFor(durationMs);
console.log((calls * batch * 1_000) / durationMs);

async function callFor(forMs: number): Promise<number> {
  const endAtMs = performance.now() + forMs;
  let count = 0;
  const callUntilEnd = async (): Promise<void> => {
    for (; performance.now() < endAtMs; count++) await client.reportResults(request);
  };
  await Promise.all(Array.from({ length: sessions }, callUntilEnd));
  return count;
}

function sampleReport(): Uint8Array {
  const session = certain(parseSessionId(`session_${randomBytes(32).toString('base64url')}`));
  return reportToBytes({
    session,
    results: Array.from({ length: batch }, (_, index) => ({
      lease: certain(parseLeaseId(`lease_${String(index % 10).repeat(26)}`)),
      result: {
        kind: 'output',
        output: [
          {
            dtype: 'float32',
            shape: [1, 1],
            source: { kind: 'inline', bytes: new Uint8Array(4) },
          },
        ],
      },
      computeMs: 0,
      backend: 'wasm',
    })),
  });
}
