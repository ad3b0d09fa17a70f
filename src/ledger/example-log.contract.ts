import type { AgentId } from '../domain/ids.ts';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  encodeCanonical,
  generateSigningKey,
  importSigningKey,
  messageSignerOf,
  type CanonicalValue,
  type MessageSigner,
} from '../integrity/index.ts';
import { signEntry } from './entries/sign-entry.ts';
import { cosignerKeyOf } from './notes/cosignature.ts';
import { noteKeyOf, type NoteSigner } from './notes/note-signing.ts';
import type { Policy } from './notes/policy.ts';
import { formatVerifierKey } from './notes/verifier-key.ts';
import type { WitnessStore } from './views/witness.ts';

/** The value of an outcome that a test is sure of. */
export function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.code}: ${outcome.failure.message}`);
  return outcome.value;
}

/** A new key as who signs entries and notes. */
export async function newSigner(): Promise<MessageSigner> {
  return messageSignerOf(must(await generateSigningKey({ extractable: false })));
}

/** The same key for the same number, so that another process has it too. */
export async function knownSigner(seed: number): Promise<MessageSigner> {
  const secret = Buffer.alloc(32, seed).toString('hex');
  const pkcs8 = Buffer.from(`302e020100300506032b657004220420${secret}`, 'hex');
  return messageSignerOf(must(await importSigningKey(new Uint8Array(pkcs8))));
}

/** The bytes of an entry with this body, under an anchor that its number makes. */
export function entryOf(
  signer: MessageSigner,
  number: number,
  body: CanonicalValue = { kind: 'test', number },
): Promise<Uint8Array> {
  const anchor = new Uint8Array(32);
  new DataView(anchor.buffer).setFloat64(0, number);
  return signEntry(signer, { target: null, anchor, tags: [], body: encodeCanonical(body) });
}

/** A policy that trusts a log, where so many of the witnesses have seen it. */
export function policyOf(
  log: NoteSigner,
  witnesses: readonly NoteSigner[] = [],
  threshold = witnesses.length,
): Policy {
  const names = witnesses.map(({ name }) => name);
  return {
    logs: [{ key: noteKeyOf(log), url: null }],
    witnesses: new Map(witnesses.map((one) => [one.name, { key: cosignerKeyOf(one), url: null }])),
    quorum:
      threshold === 0
        ? { kind: 'none' }
        : {
            kind: 'group',
            threshold,
            members: names.map((name) => ({ kind: 'witness', name })),
          },
  };
}

/** The text of such a policy. */
export function policyText(log: NoteSigner, witnesses: readonly NoteSigner[]): string {
  const lines = witnesses.map(
    (one, index) => `witness w${index} ${formatVerifierKey(cosignerKeyOf(one))}\n`,
  );
  const names = witnesses.map((_, index) => `w${index}`).join(' ');
  const group = witnesses.length === 0 ? 'quorum none\n' : `group all-of-them all ${names}\n`;
  const quorum = witnesses.length === 0 ? '' : 'quorum all-of-them\n';
  return `log ${formatVerifierKey(noteKeyOf(log))}\n${lines.join('')}${group}${quorum}`;
}

/** A witness's store in memory, which can be told to fail. */
export function witnessStore(): WitnessStore & { failing: boolean; readonly saved: string[] } {
  const latest = new Map<string, Uint8Array>();
  const saved: string[] = [];
  return {
    failing: false,
    saved,
    load: async (origin) => succeed(latest.get(origin) ?? null),
    async save(origin, checkpoint) {
      if (this.failing) return fail(failure('storage_failed', 'told to fail'));
      latest.set(origin, checkpoint);
      saved.push(origin);
      return succeed(undefined);
    },
  };
}

/** An agent's id that its number makes. */
export async function agentOf(number: number): Promise<AgentId> {
  const signer = await knownSigner(number);
  // 32 bytes of a key are the 43 characters of base64url that an agent id has.
  return Buffer.from(signer.publicKey).toString('base64url') as AgentId;
}
