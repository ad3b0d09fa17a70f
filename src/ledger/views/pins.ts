// The checkpoints that somebody holds on to: the latest of each log that was seen, trusted, and
// consistent with the one before.
//
//   none ── follow ──> pinned(size) ── follow, larger and consistent ──> pinned(larger size)
//                        │  same or smaller, consistent: stays as it is
//                        └─ contradicts: forked, with the proof; stays so for ever
import { failure } from '../../domain/failure.ts';
import { PINS_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { SignedCheckpoint } from '../notes/checkpoint.ts';
import { trustCheckpoint, type Policy } from '../notes/policy.ts';
import type { TileReader } from '../tree/tile-reader.ts';
import { compareViews } from './compare-views.ts';
import type { ForkProof } from './fork-proof.ts';

export type Pin =
  | { readonly kind: 'pinned'; readonly latest: SignedCheckpoint }
  | { readonly kind: 'forked'; readonly latest: SignedCheckpoint; readonly proof: ForkProof };

/** The latest checkpoint of each log, by origin. One writer: calls are made one after the other. */
export class Pins {
  readonly #policy: Policy;
  readonly #byOrigin = new Map<string, Pin>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  get(origin: string): Pin | null {
    return this.#byOrigin.get(origin) ?? null;
  }

  /** The checkpoints to keep, and to show others, who then tell whether they saw the same. */
  gossip(): readonly Uint8Array[] {
    return [...this.#byOrigin.values()].map(({ latest }) => latest.bytes);
  }

  /**
   * Takes a checkpoint that the log or somebody else showed, with tiles of whoever has the larger
   * one.
   *
   * The bytes may come from an attacker.
   * Errors: "checkpoint_untrusted", "log_forked" (and then `get` has the proof), "limit_exceeded",
   * and those of `LogTree`, where the tiles do not let it be told: then the pin stays.
   */
  follow(bytes: Uint8Array, tiles: TileReader): Promise<Outcome<Pin>> {
    const taken = this.#turn.then(() => this.#follow(bytes, tiles));
    this.#turn = taken.catch(() => null);
    return taken;
  }

  async #follow(bytes: Uint8Array, tiles: TileReader): Promise<Outcome<Pin>> {
    const trusted = await trustCheckpoint(this.#policy, bytes);
    if (!trusted.ok) return trusted;
    const { signed } = trusted.value;
    const { origin } = signed.checkpoint;
    const pin = this.get(origin);
    if (pin?.kind === 'forked') return forked(origin);
    if (pin === null && this.#byOrigin.size >= PINS_MAX) {
      return fail(failure('limit_exceeded', `more than ${PINS_MAX} logs. Follow fewer logs.`));
    }
    if (pin === null) return this.#set(origin, { kind: 'pinned', latest: signed });
    const compared = await compareViews(pin.latest, signed, tiles);
    if (!compared.ok) return compared;
    if (compared.value.kind === 'forked') {
      this.#set(origin, { ...pin, kind: 'forked', proof: compared.value.proof });
      return forked(origin);
    }
    const isLarger = signed.checkpoint.size > pin.latest.checkpoint.size;
    return isLarger ? this.#set(origin, { kind: 'pinned', latest: signed }) : succeed(pin);
  }

  #set(origin: string, pin: Pin): Outcome<Pin> {
    this.#byOrigin.set(origin, pin);
    return succeed(pin);
  }
}

function forked(origin: string): Outcome<never> {
  const text = `the log "${origin.slice(0, 80)}" showed two histories, which a proof here shows`;
  return fail(failure('log_forked', `${text}. Show the proof to others, and leave this log.`));
}
