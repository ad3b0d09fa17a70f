// Work that makes a key cost something: a nonce behind challenge and public key that gives their
// SHA-256 so many leading zero bits. To find one takes 2^bits hashes, to check it one.
import { SHA256_BLOCK_BYTES, sha256Block, sha256Start, type Sha256State } from './sha256-block.ts';

/** Bytes of the nonce. */
export const WORK_NONCE_BYTES = 8;

/** What work is done for: nobody else's, and no other challenge's. */
export type WorkSubject = { readonly challenge: Uint8Array; readonly publicKey: Uint8Array };

/** Whether a nonce is worth so many bits. All of it may come from an attacker. */
export function isWorkDone(subject: WorkSubject, nonce: Uint8Array, bits: number): boolean {
  return nonce.byteLength === WORK_NONCE_BYTES && new Trial(subject).zeroBits(nonce) >= bits;
}

/**
 * Looks for a nonce, slice by slice: each `next` tries `tries` more of them, and gives the nonce
 * once it is found. The caller rests between slices, and ends it by asking no more.
 */
export function* findWork(
  subject: WorkSubject,
  of: { readonly bits: number; readonly tries: number },
): Generator<null, Uint8Array, void> {
  const trial = new Trial(subject);
  const nonce = new Uint8Array(WORK_NONCE_BYTES);
  const view = new DataView(nonce.buffer);
  for (let count = 0; ; count++) {
    if (trial.zeroBits(nonce) >= of.bits) return nonce;
    view.setUint32(4, count >>> 0);
    view.setUint32(0, Math.floor(count / 2 ** 32));
    if (count % of.tries === of.tries - 1) yield null;
  }
}

/** Hashes of one subject with many nonces: blocks before the nonce are taken in once. */
class Trial {
  readonly #before: Sha256State;
  readonly #after = sha256Start();
  readonly #words = new Int32Array(SHA256_BLOCK_BYTES);
  /** The blocks with the nonce and the padding. */
  readonly #tail: DataView;
  readonly #nonceAt: number;

  constructor({ challenge, publicKey }: WorkSubject) {
    const headBytes = challenge.byteLength + publicKey.byteLength;
    const byteLength = headBytes + WORK_NONCE_BYTES;
    // A one bit, and the length in eight bytes at the end of the last block.
    const blocks = Math.ceil((byteLength + 9) / SHA256_BLOCK_BYTES);
    const message = new Uint8Array(blocks * SHA256_BLOCK_BYTES);
    message.set(challenge);
    message.set(publicKey, challenge.byteLength);
    message[byteLength] = 0x80;
    const view = new DataView(message.buffer);
    view.setUint32(message.byteLength - 4, byteLength * 8);
    const whole = Math.floor(headBytes / SHA256_BLOCK_BYTES) * SHA256_BLOCK_BYTES;
    this.#before = sha256Start();
    for (let at = 0; at < whole; at += SHA256_BLOCK_BYTES) {
      this.#take(view, at, this.#before, this.#before);
    }
    this.#tail = new DataView(message.buffer, whole);
    this.#nonceAt = headBytes - whole;
  }

  zeroBits(nonce: Uint8Array): number {
    for (const [at, byte] of nonce.entries()) this.#tail.setUint8(this.#nonceAt + at, byte);
    let from = this.#before;
    for (let at = 0; at < this.#tail.byteLength; at += SHA256_BLOCK_BYTES) {
      this.#take(this.#tail, at, from, this.#after);
      from = this.#after;
    }
    const [first = 0, second = 0] = this.#after;
    return first === 0 ? 32 + Math.clz32(second) : Math.clz32(first);
  }

  #take(view: DataView, at: number, from: Sha256State, to: Sha256State): void {
    for (let word = 0; word < 16; word++) this.#words[word] = view.getInt32(at + word * 4);
    sha256Block(from, this.#words, to);
  }
}
