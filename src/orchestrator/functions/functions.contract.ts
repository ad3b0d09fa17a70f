// For tests of functions over a real orchestrator: keys that sign, and plain HTTP.
import { readFileSync } from 'node:fs';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import {
  actionDraft,
  ENGINE_ID,
  freshAnchor,
  functionIdOf,
} from '../../execution-machine/index.ts';
import {
  generateSigningKey,
  messageSignerOf,
  type CanonicalValue,
  type MessageSigner,
} from '../../integrity/index.ts';
import { signEntry } from '../../ledger/index.ts';
import { FunctionService, LedgerService } from '../../wire/index.ts';
import { valueOf } from '../volunteer.contract.ts';

/** Counts how often each caller said something, and does as it is told. */
export const TALLY = `export function handle(db, action, ctx) {
  if (action === 'throw') throw new Error('as you wish');
  if (action === 'loop') for (;;);
  const total = (db.get('of/' + ctx.caller) ?? 0) + 1;
  db.set('of/' + ctx.caller, total);
  db.set('last', { by: ctx.caller, action, atMs: ctx.atMs, bytes: new Uint8Array([1, 2, 255]) });
  return total;
}`;

/** A new key as who signs entries. */
export async function newSigner(): Promise<MessageSigner> {
  return messageSignerOf(valueOf(await generateSigningKey({ extractable: false })));
}

/** The bytes of a new action. */
export function actionOf(
  signer: MessageSigner,
  of: { readonly function: string; readonly body: CanonicalValue },
): Promise<Uint8Array> {
  return signEntry(signer, actionDraft({ ...of, anchor: freshAnchor() }));
}

/** A deployment that nobody can change, and the id that its function has. */
export function deploymentOf(source: string): {
  readonly id: string;
  readonly body: CanonicalValue;
} {
  const body = { engine: ENGINE_ID, source, governance: null };
  return { id: functionIdOf(body), body };
}

/** The services of an orchestrator. */
export function servicesOf(url: string) {
  const transport = createConnectTransport({ baseUrl: url, httpVersion: '1.1' });
  const functions = createClient(FunctionService, transport);
  return { functions, ledger: createClient(LedgerService, transport) };
}

/** A status, and the fields of a body. */
export type Told = { readonly status: number; readonly [field: string]: unknown };

/** What an HTTP address of an orchestrator answers. */
export async function getJson(url: string): Promise<Told> {
  const answer = await fetch(url);
  return { status: answer.status, ...((await answer.json()) as Record<string, unknown>) };
}

/** Sends an entry over HTTP. */
export async function postEntry(url: string, id: string, entry: Uint8Array): Promise<Told> {
  const headers = { 'content-type': 'application/octet-stream' };
  const body = new Uint8Array(entry);
  const answer = await fetch(`${url}/fn/${id}`, { method: 'POST', body, headers });
  return { status: answer.status, ...((await answer.json()) as Record<string, unknown>) };
}

/** One of the worked examples. */
export function exampleSource(name: string): string {
  const url = new URL(`../../../docs/examples/functions/${name}.js`, import.meta.url);
  return readFileSync(url, 'utf8');
}
