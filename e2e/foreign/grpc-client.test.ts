import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testOrchestrator } from '../network/orchestrator.ts';
import { FOREIGN_PROTO_FOLDER } from '../setup/generate-proto.ts';
import { writeValidateProto } from '../setup/validate-proto.ts';

// Debian's own interpreter: grpcio comes from its package python3-grpcio.
const PYTHON = '/usr/bin/python3';
const PLUGIN = '/usr/bin/grpc_python_plugin';
const missing = missingTools();
if (missing !== null) console.log(`skipped: foreign gRPC client (${missing})`);

describe.skipIf(missing !== null)('a gRPC client that nobody here wrote', () => {
  const folder = mkdtempSync(join(tmpdir(), 'manyhands-foreign-'));
  const generated = join(folder, 'generated');

  beforeAll(async () => {
    await writeValidateProto(FOREIGN_PROTO_FOLDER);
    mkdirSync(generated);
    const protos = execFileSync('find', ['manyhands', '-name', '*.proto'], { cwd: 'proto' });
    execFileSync('protoc', [
      ...['-I', 'proto', '-I', FOREIGN_PROTO_FOLDER],
      `--python_out=${generated}`,
      `--grpc_out=${generated}`,
      `--plugin=protoc-gen-grpc=${PLUGIN}`,
      ...protos.toString().trim().split('\n'),
      'buf/validate/validate.proto',
    ]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(['plaintext', 'TLS'])(
    'submits, computes and watches a job over %s',
    async (transport) => {
      const tls = transport === 'TLS' ? selfSigned(folder) : null;
      const orchestrator = await testOrchestrator({ changes: { ...tls } });
      try {
        const { host } = new URL(orchestrator.url);
        const client = await promisify(execFile)(
          PYTHON,
          [
            'e2e/foreign/client.py',
            ...[generated, host.replace('127.0.0.1', 'localhost'), orchestrator.producer.apiKey],
            ...(tls === null ? [] : [tls.tlsCert]),
          ],
          { timeout: 60_000 },
        );
        expect(client.stderr).toBe('');
        expect(JSON.parse(client.stdout)).toEqual({
          output: [0, 2, 0.5, 0, 0, 7],
          shape: [3, 2],
          codes: {
            noKey: 'UNAUTHENTICATED',
            badId: 'INVALID_ARGUMENT',
            unknownJob: 'NOT_FOUND',
            unknownSession: 'UNAUTHENTICATED',
            badSignature: 'INVALID_ARGUMENT',
          },
        });
      } finally {
        await orchestrator.close();
      }
    },
  );
});

function missingTools(): string | null {
  const has = (name: string, ...args: string[]): boolean => spawnSync(name, args).status === 0;
  if (!has(PYTHON, '-c', 'import grpc, cryptography')) {
    return 'apt-get install python3-grpcio python3-cryptography';
  }
  if (!has('protoc', '--version') || !has('test', '-x', PLUGIN)) {
    return 'apt-get install protobuf-compiler protobuf-compiler-grpc';
  }
  return has('test', '-e', '/usr/include/google/protobuf/duration.proto')
    ? null
    : 'apt-get install libprotobuf-dev';
}

function selfSigned(folder: string): { tlsCert: string; tlsKey: string } {
  const tlsCert = join(folder, 'cert.pem');
  const tlsKey = join(folder, 'key.pem');
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', tlsKey, '-out', tlsCert, '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
  ]);
  expect(readFileSync(tlsCert, 'utf8')).toContain('BEGIN CERTIFICATE');
  return { tlsCert, tlsKey };
}
