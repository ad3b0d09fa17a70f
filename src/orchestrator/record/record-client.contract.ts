// What tests of the record read of it, as anybody can: over RPC and plain HTTP.
import { createClient, type Client } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { expect } from 'vitest';
import { networkFunctions } from '../../execution-machine/index.ts';
import { agentIdOf, publicKeyOf } from '../../integrity/index.ts';
import type { AgentId } from '../../domain/ids.ts';
import {
  decodeCredits,
  decodeEntry,
  LogTree,
  parseCheckpoint,
  parsePolicy,
  parseVerifierKey,
  type CreditedTask,
  type Entry,
  type Policy,
  type TileReader,
} from '../../ledger/index.ts';
import { LedgerService } from '../../wire/index.ts';
import { valueOf, until } from '../volunteer.contract.ts';

export function ledgerAt(url: string): Client<typeof LedgerService> {
  return createClient(LedgerService, createConnectTransport({ baseUrl: url, httpVersion: '1.1' }));
}

export function policyIn({ policy }: { readonly policy: string }): Policy {
  return valueOf(parsePolicy(new TextEncoder().encode(policy)));
}

/** The record's files. */
export function filesAt(url: string): TileReader {
  return {
    async read(path) {
      const answer = await fetch(`${url}/record/${path}`);
      expect({ path, status: answer.status }).toEqual({ path, status: 200 });
      return { ok: true, value: new Uint8Array(await answer.arrayBuffer()) };
    },
  };
}

/** Waits until a checkpoint has all that has its place now, and gives the entries. */
export async function publishedEntries(url: string): Promise<readonly Entry[]> {
  const ledger = ledgerAt(url);
  const { size } = await ledger.getRecord({});
  const headNow = async () =>
    valueOf(parseCheckpoint((await ledger.getRecord({})).checkpoint)).checkpoint;
  await until(async () => (await headNow()).size >= Number(size));
  const tree = valueOf(await LogTree.open(filesAt(url), await headNow()));
  const entries: Entry[] = [];
  for (let bundle = 0; bundle * 256 < tree.head.size; bundle++) {
    for (const bytes of valueOf(await tree.entries(bundle))) {
      entries.push(valueOf(decodeEntry(bytes)).entry);
    }
  }
  return entries;
}

/** All credits in a record, in order. */
export async function publishedCredits(url: string): Promise<readonly CreditedTask[]> {
  const { verifierKey } = await ledgerAt(url).getRecord({});
  const { publicKey } = valueOf(parseVerifierKey(verifierKey));
  const { credits } = networkFunctions(valueOf(agentIdOf(publicKey)));
  const entries = await publishedEntries(url);
  return entries
    .filter(({ tags }) => tags.some(({ value }) => value === credits.id))
    .flatMap(({ body }) => {
      const tasks = decodeCredits(body);
      return tasks.ok ? tasks.value : [];
    });
}

/** Every entry that credits a key is listed, and nothing of it waits. */
export async function creditsOf(url: string, agent: AgentId) {
  const publicKey = valueOf(publicKeyOf(agent));
  await until(async () => (await ledgerAt(url).listCredits({ publicKey })).tasksWaiting === 0n);
  const listed = await ledgerAt(url).listCredits({ publicKey, pageSize: 200 });
  expect(listed.nextPageToken).toBe('');
  return listed.entries;
}
