import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { configWith, startOrchestrator } from '../orchestrator/index.ts';
import { openConnection } from './connection.ts';

const folder = mkdtempSync(join(tmpdir(), 'manyhands-cli-tls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [tlsCert, tlsKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
const made = spawnSync('openssl', [
  ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
  ...['-days', '2', '-keyout', tlsKey, '-out', tlsCert, '-subj', '/CN=localhost'],
]);
const cannotTls = made.status !== 0;
if (cannotTls) process.stderr.write('skipped: TLS (no openssl makes a certificate)\n');

describe('a command and an orchestrator that serves TLS', () => {
  it.skipIf(cannotTls).each([
    ['https', /signed by nobody known here \(\w+\).*NODE_EXTRA_CA_CERTS/],
    ['http', /broke the connection off \(\w+\).*--orchestrator https:\/\/localhost/],
  ])('called by %s says what helps', async (protocol, message) => {
    const options = { port: 0, home: folder, tlsCert, tlsKey, welcomeJob: false } as const;
    const started = await startOrchestrator(configWith({ ...options, logLevel: 'silent' }));
    if (!started.ok) throw new Error(started.failure.message);
    onTestFinished(() => started.value.close());
    const origin = started.value.url.replace(/^https/, protocol);
    const { signal } = new AbortController();
    const { call, jobs } = openConnection({ origin, key: null, signal });
    const answer = await call((with_) => jobs.listJobs({}, with_));
    expect(answer).toMatchObject({ ok: false, failure: { code: 'unavailable' } });
    expect(answer).toMatchObject({ failure: { message: expect.stringMatching(message) } });
  });
});
