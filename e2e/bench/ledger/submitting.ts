import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  LedgerService,
  SubmitEntryRequestSchema,
  SubmitEntryResponseSchema,
} from '../../../src/wire/index.ts';
import { canPin, freePort, startNetwork } from '../../network/processes.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { actions, benchSigner, perSecond } from './bench-log.ts';

const RUNS = 5;
const ENTRIES = 4_000;
const CALLERS = 128;

/**
 * Entries that an orchestrator takes over RPC, one a call, each durable and with a promise in the
 * answer. It has one core, callers have another.
 */
export async function submitting(): Promise<readonly Line[]> {
  const data = await mkdtemp(join(tmpdir(), 'manyhands-bench-submit-'));
  const port = await freePort();
  const isPinned = canPin();
  const orchestrator = await startNetwork({ port, data, ...(isPinned && { core: 0 }) });
  try {
    const runs: Run[] = [];
    for (let run = 0; run < RUNS; run++) {
      const entries = await actions(await benchSigner(), ENTRIES);
      const peer = await perSecond(() => Promise.resolve(verifyOneByOne(500)));
      const startedAtMs = performance.now();
      await submitAll(port, entries);
      const ours = ENTRIES / ((performance.now() - startedAtMs) / 1_000);
      runs.push({ value: ours, ours, peer });
    }
    const where = isPinned ? 'on one core' : 'not pinned to a core';
    const figure = figureOf(
      {
        ...{ suite: 'ledger', name: 'submit-per-second', unit: 'entries/s', better: 'higher' },
        work: `${ENTRIES} actions of 250 bytes over RPC, ${CALLERS} at a time, with promises, ${where}`,
        peer: 'Ed25519 verification alone, one core, a second',
        goal: '>= 3000',
      },
      runs,
    );
    return [figure];
  } finally {
    await orchestrator.interrupt();
    await rm(data, { recursive: true, force: true });
  }
}

async function submitAll(port: number, entries: readonly Uint8Array[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
  const next = entries.values();
  const caller = async (): Promise<void> => {
    for (const entry of next) {
      const { promise, isNew } = await submit({ port, agent, entry });
      if (!isNew || promise.byteLength === 0) throw new Error('an entry without its promise');
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  agent.destroy();
}

/** As a client of Connect calls, with less of its own work. */
function submit(of: { readonly port: number; readonly agent: Agent; readonly entry: Uint8Array }) {
  const message = create(SubmitEntryRequestSchema, { entry: of.entry });
  const path = `/${LedgerService.typeName}/${LedgerService.method.submitEntry.name}`;
  const headers = { 'content-type': 'application/proto', 'connect-protocol-version': '1' };
  const options = { host: '127.0.0.1', port: of.port, path, method: 'POST', agent: of.agent };
  return new Promise<{ readonly promise: Uint8Array; readonly isNew: boolean }>(
    (resolve, reject) => {
      const sent = httpRequest({ ...options, headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => {
          const body = Buffer.concat(parts);
          if (answer.statusCode !== 200) return reject(new Error(body.toString()));
          resolve(fromBinary(SubmitEntryResponseSchema, body));
        });
      });
      sent.on('error', reject);
      sent.end(toBinary(SubmitEntryRequestSchema, message));
    },
  );
}

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const MESSAGE = Buffer.alloc(48, 1);
const SIGNATURE = sign(null, MESSAGE, privateKey);

function verifyOneByOne(count: number): number {
  for (let at = 0; at < count; at++) verify(null, MESSAGE, publicKey, SIGNATURE);
  return count;
}
