// Gathers the cosignatures of witnesses for each checkpoint that is published.
//
//   published ── add-checkpoint, with the way from what it cosigned last ──> 200: its line is added
//       ^             │ 409: it is at another size, from which it is asked again
//       └── newer ────┤ 422, or two roots for one size: it saw another history
//                     └ away: asked with the next checkpoint, or after COSIGN_RETRY_MS
import { failure } from '../../../domain/failure.ts';
import { COSIGN_MS, COSIGN_RETRY_MS, NOTE_BYTES_MAX } from '../../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../../domain/outcome.ts';
import {
  cosignatureState,
  formatAddCheckpoint,
  formatNote,
  LogTree,
  parseCheckpoint,
  parseSignatureLines,
  type NoteSignature,
  type Policy,
  type PolicyParty,
  type SignedCheckpoint,
} from '../../../ledger/index.ts';
import type { Logger } from '../../logger.ts';
import type { Platform } from '../../platform.ts';
import type { NetworkRecord } from '../network-record.ts';

/** How a witness stands. */
export type WitnessView = {
  readonly name: string;
  /** Of the last checkpoint that it cosigned; 0: none. */
  readonly cosignedSize: number;
  /** Unix time in ms; 0: never. */
  readonly cosignedAtMs: number;
};

export type Cosigning = {
  witnesses(): readonly WitnessView[];
  /** Asks nobody any more. */
  stop(): Promise<void>;
};

type Cosigned = { readonly line: NoteSignature; readonly atSeconds: number };

/** Asks the witnesses of a policy that have an address. */
export function gatherCosignatures(of: {
  readonly record: NetworkRecord;
  readonly policy: Policy;
  readonly logger: Logger;
  readonly platform: Pick<Platform, 'after'>;
}): Cosigning {
  const { record, policy, logger, platform } = of;
  const asking = [...policy.witnesses].map(([name, party]) => {
    const view = { name, cosignedSize: 0, cosignedAtMs: 0 };
    return { view, party, failed: null as string | null, asked: null as SignedCheckpoint | null };
  });
  const ended = new AbortController();
  const under: Set<Promise<void>> = new Set();
  type Asking = (typeof asking)[number];

  /** One request to a witness at a time; what was published meanwhile comes next. */
  const ask = async (one: Asking): Promise<void> => {
    const signed = record.checkpoint();
    if (one.asked !== null || signed === null || ended.signal.aborted) return;
    if (one.party.url === null || signed.checkpoint.size === one.view.cosignedSize) return;
    one.asked = signed;
    const cosigned = await askWitness(one.party, {
      ...{ record, signed, signal: ended.signal },
      oldSize: one.view.cosignedSize,
    });
    one.asked = null;
    if (!cosigned.ok) {
      const { message } = cosigned.failure;
      if (one.failed !== message && !ended.signal.aborted)
        logger.warn(`no cosignature: ${message}`);
      one.failed = message;
      platform.after(COSIGN_RETRY_MS, () => begin(one));
      return;
    }
    one.failed = null;
    one.view.cosignedSize = signed.checkpoint.size;
    one.view.cosignedAtMs = cosigned.value.atSeconds * 1_000;
    record.addCosignature(signed, cosigned.value.line);
    begin(one);
  };

  const begin = (one: Asking): void => {
    const asked = ask(one).catch((cause: unknown) => {
      one.asked = null;
      logger.error('a witness was not asked', { witness: one.view.name, cause: String(cause) });
    });
    under.add(asked);
    void asked.then(() => under.delete(asked));
  };

  record.onPublished(() => asking.forEach(begin));
  asking.forEach(begin);
  return {
    witnesses: () => asking.map(({ view }) => ({ ...view })),
    async stop() {
      ended.abort();
      await Promise.all(under);
    },
  };
}

type Request = {
  readonly record: NetworkRecord;
  readonly signed: SignedCheckpoint;
  readonly oldSize: number;
  readonly signal: AbortSignal;
};

/** A witness's line on a checkpoint. What it answers is not believed but for its signature. */
async function askWitness(party: PolicyParty, request: Request): Promise<Outcome<Cosigned>> {
  const { signed } = request;
  let { oldSize } = request;
  // It tells once at which size it is; one that tells again and again cosigns nothing.
  for (const isLast of [false, true]) {
    const body = await bodyFrom(oldSize, request);
    if (!body.ok) return body;
    const answered = await post(party, body.value, request.signal);
    if (!answered.ok) return answered;
    const { status, text } = answered.value;
    if (status === 200) return lineOf(party, { signed, text });
    const told = /^(0|[1-9]\d{0,15})\n$/.exec(text)?.[1];
    const isAhead = told !== undefined && Number(told) > signed.checkpoint.size;
    if (status !== 409 || told === undefined || isLast || isAhead) {
      return refused(party, `answered ${status}: ${text.slice(0, 200)}`);
    }
    oldSize = Number(told);
  }
  return refused(party, 'is at one size now and at another then');
}

async function bodyFrom(
  oldSize: number,
  { record, signed }: Request,
): Promise<Outcome<Uint8Array>> {
  const tree = await LogTree.open(record.files, signed.checkpoint);
  if (!tree.ok) return tree;
  const hashes = await tree.value.consistencyProof(oldSize);
  return hashes.ok
    ? succeed(formatAddCheckpoint({ oldSize, hashes: hashes.value, signed }))
    : hashes;
}

async function post(
  party: PolicyParty,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<Outcome<{ readonly status: number; readonly text: string }>> {
  const prefix = party.url ?? '';
  try {
    const url = new URL('add-checkpoint', prefix.endsWith('/') ? prefix : `${prefix}/`);
    const response = await fetch(url, {
      method: 'POST',
      // Its own memory, as fetch wants it.
      body: new Uint8Array(body),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(COSIGN_MS)]),
    });
    let text = '';
    const decoder = new TextDecoder();
    for await (const part of response.body ?? []) {
      text += decoder.decode(part, { stream: true });
      if (text.length > NOTE_BYTES_MAX) return refused(party, 'answered more than it may');
    }
    return succeed({ status: response.status, text });
  } catch (cause) {
    return refused(party, `cannot be asked (${cause instanceof Error ? cause.message : 'gone'})`);
  }
}

/** The line of the witness, if it is its signature on this checkpoint. */
async function lineOf(
  { key }: PolicyParty,
  { signed, text }: { readonly signed: SignedCheckpoint; readonly text: string },
): Promise<Outcome<Cosigned>> {
  const lines = parseSignatureLines(text);
  const own = lines.ok
    ? lines.value.filter(({ name, keyId }) => name === key.name && keyId === key.keyId)
    : [];
  const [line] = own;
  const note = parseCheckpoint(formatNote({ ...signed.note, signatures: own }));
  if (line === undefined || !note.ok) return refused({ key, url: null }, 'sent no line of its own');
  const state = await cosignatureState(key, note.value.note);
  if (state.kind === 'valid') return succeed({ line, atSeconds: state.atSeconds });
  return refused({ key, url: null }, 'sent a line that it did not sign');
}

function refused({ key, url }: PolicyParty, why: string): Outcome<never> {
  const text = `the witness ${key.name}${url === null ? '' : ` at ${url}`} ${why}`;
  return fail(failure('unavailable', `${text}. Ask its operator, or change the policy.`));
}
