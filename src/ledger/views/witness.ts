// A witness: it cosigns a log's checkpoints as long as each grew out of the one before.
//
//   none ── add, old 0 ──> cosigned(size) ── add, old = size, consistent ──> cosigned(new size)
//
// What it cosigned last is saved before the answer; whatever comes that does not follow from it is
// refused, and shown as a fork where it proves one.
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { equalBytes } from '../../integrity/index.ts';
import { parseCheckpoint, type SignedCheckpoint } from '../notes/checkpoint.ts';
import { cosign } from '../notes/cosignature.ts';
import type { NoteSigner } from '../notes/note-signing.ts';
import { signingLog, type Policy } from '../notes/policy.ts';
import { signatureLine } from '../notes/signed-note.ts';
import { provesConsistency, type TreeHead } from '../tree/consistency-proof.ts';
import { EMPTY_ROOT } from '../tree/hashes.ts';
import { parseAddCheckpoint, type AddCheckpoint } from './add-checkpoint.ts';
import type { ForkProof } from './fork-proof.ts';

/** An answer of C2SP tlog-witness, as HTTP will carry it. */
export type WitnessAnswer =
  /** Lines with the witness's signature. */
  | { readonly status: 200; readonly body: string }
  /** The size that was cosigned last, as text/x.tlog.size. */
  | { readonly status: 409; readonly body: string; readonly proof: ForkProof | null }
  /** 400 malformed, 403 not signed by the log, 404 no log of ours. */
  | { readonly status: 400 | 403 | 404; readonly body: string }
  /** Not consistent. A proof is there where the request shows a fork by itself. */
  | { readonly status: 422; readonly body: string; readonly proof: ForkProof | null };

/** Where a witness keeps the last checkpoint that it cosigned, by origin. */
export type WitnessStore = {
  /** The bytes that were saved last; null where there are none. */
  load(origin: string): Promise<Outcome<Uint8Array | null>>;
  /** Durable when it succeeds. */
  save(origin: string, checkpoint: Uint8Array): Promise<Outcome<void>>;
};

export class Witness {
  readonly #by: NoteSigner;
  readonly #logs: Pick<Policy, 'logs'>;
  readonly #store: WitnessStore;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(by: NoteSigner, logs: Pick<Policy, 'logs'>, store: WitnessStore) {
    this.#by = by;
    this.#logs = logs;
    this.#store = store;
  }

  /**
   * Answers `POST add-checkpoint`. One after the other: what is compared is what was saved last.
   *
   * The body may come from an attacker. Units: atSeconds is Unix time in seconds.
   * Errors: those of the store, whereupon nothing is cosigned.
   */
  addCheckpoint(body: Uint8Array, atSeconds: number): Promise<Outcome<WitnessAnswer>> {
    const answered = this.#turn.then(() => this.#answer(body, atSeconds));
    this.#turn = answered.catch(() => null);
    return answered;
  }

  async #answer(body: Uint8Array, atSeconds: number): Promise<Outcome<WitnessAnswer>> {
    const request = parseAddCheckpoint(body);
    if (!request.ok) return succeed({ status: 400, body: `${request.failure.message}\n` });
    const { signed } = request.value;
    const { origin } = signed.checkpoint;
    if (!this.#logs.logs.some(({ key }) => key.name === origin)) {
      return succeed({ status: 404, body: 'this witness does not follow this log\n' });
    }
    const log = await signingLog(this.#logs, signed);
    if (!log.ok) return succeed({ status: 403, body: `${log.failure.message}\n` });
    const latest = await this.#latest(origin);
    if (!latest.ok) return latest;
    const refusal = refuse(request.value, latest.value);
    if (refusal !== null) return succeed(refusal);
    const saved = await this.#store.save(origin, signed.bytes);
    if (!saved.ok) return saved;
    const cosignature = await cosign(this.#by, signed.note.text, atSeconds);
    return succeed({ status: 200, body: signatureLine(cosignature) });
  }

  async #latest(origin: string): Promise<Outcome<SignedCheckpoint | null>> {
    const bytes = await this.#store.load(origin);
    if (!bytes.ok || bytes.value === null) return bytes.ok ? succeed(null) : bytes;
    const parsed = parseCheckpoint(bytes.value);
    if (parsed.ok) return parsed;
    const text = `what was cosigned last of "${origin}" cannot be read`;
    return fail(failure('storage_failed', `${text}. Restore it: cosigning without it could fork.`));
  }
}

/** Why a checkpoint does not follow from the last one; null where it does. Pure. */
function refuse(request: AddCheckpoint, latest: SignedCheckpoint | null): WitnessAnswer | null {
  const { oldSize, hashes, signed } = request;
  const newer = signed.checkpoint;
  if (oldSize > newer.size) {
    return { status: 400, body: 'the old size is above that of the checkpoint\n' };
  }
  const older: TreeHead = latest?.checkpoint ?? { size: 0, root: EMPTY_ROOT };
  const isFork =
    latest !== null && older.size === newer.size && !equalBytes(older.root, newer.root);
  const proof = isFork ? { older: latest, newer: signed, hashes: [] } : null;
  if (oldSize !== older.size) return { status: 409, body: `${older.size}\n`, proof };
  if (newer.size === 0 && !equalBytes(newer.root, EMPTY_ROOT)) {
    return { status: 422, body: 'no entries have another root\n', proof };
  }
  if (provesConsistency({ older, newer, hashes })) return null;
  return { status: 422, body: 'the checkpoint does not follow from the one before\n', proof };
}
