import { Agent, request as httpRequest } from 'node:http';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  LedgerService,
  SubmitEntryRequestSchema,
  SubmitEntryResponseSchema,
} from '../../../src/wire/index.ts';

/** Submits entries over RPC, one a call, so many calls at a time; gives how many a second. */
export async function submitAll(of: {
  readonly port: number;
  readonly entries: readonly Uint8Array[];
  readonly callers: number;
}): Promise<number> {
  const { port, entries, callers } = of;
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const next = entries.values();
  const caller = async (): Promise<void> => {
    for (const entry of next) {
      const { promise, isNew } = await submit({ port, agent, entry });
      if (!isNew || promise.byteLength === 0) throw new Error('an entry without its promise');
    }
  };
  const startedAtMs = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - startedAtMs) / 1_000;
  agent.destroy();
  return entries.length / seconds;
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
