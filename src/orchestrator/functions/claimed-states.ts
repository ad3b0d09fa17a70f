import { CLAIMED_STATE_ENTRIES_MAX } from '../../domain/limits.ts';
import type { RootClaim, StateView } from '../../execution-machine/index.ts';
import { equalBytes } from '../../integrity/index.ts';

/** State after so many entries, whose root an entry of the log claims. */
export type ClaimedState = {
  readonly size: number;
  readonly view: StateView;
  /** Place of the entry that claims it. */
  readonly claimedIn: number;
};

/**
 * The newest states that the log claims, so that rows are proven while the state goes on:
 *
 *   marked ── its claim is folded ──> claimed ── a checkpoint has that ──> proven against
 *
 * Limits: of three states at most is held what changed since; none of which more than
 * CLAIMED_STATE_ENTRIES_MAX entries changed something since.
 */
export class ClaimedStates {
  /** What is about to be claimed. */
  #marked: Omit<ClaimedState, 'claimedIn'> | null = null;
  /** By rising `claimedIn`: the last may be in no checkpoint yet, the one before it is. */
  #claimed: readonly ClaimedState[] = [];

  /**
   * Keeps a state that shall be claimed next; false, and keeps nothing, as long as no checkpoint
   * among the first `publishedSize` entries has the former claim.
   */
  mark(of: Omit<ClaimedState, 'claimedIn'>, publishedSize: number): boolean {
    const last = this.#claimed.at(-1);
    if (last !== undefined && last.claimedIn >= publishedSize) return false;
    this.#marked = of;
    return true;
  }

  /** Takes note of a claim that stands in the log; `now`: the state, if it is still the claimed one. */
  claim({ index, root }: RootClaim, claimedIn: number, now: StateView | null): void {
    const marked = this.#marked?.size === index + 1 ? this.#marked.view : null;
    const view = [marked, now].find((one) => one !== null && equalBytes(one.root, root));
    if (view === undefined || view === null) return;
    this.#claimed = [...this.#claimed.slice(-1), { size: index + 1, view, claimedIn }];
    if (marked !== null) this.#marked = null;
  }

  /** Lets go what lies too far behind the last entry that changed something. */
  forgetBehind(lastChange: number): void {
    const isNear = ({ size }: { readonly size: number }): boolean =>
      lastChange - size < CLAIMED_STATE_ENTRIES_MAX;
    if (this.#marked !== null && !isNear(this.#marked)) this.#marked = null;
    if (!this.#claimed.every(isNear)) this.#claimed = this.#claimed.filter(isNear);
  }

  /** The newest whose claim is among the first `publishedSize` entries; null: none is held. */
  newest(publishedSize: number): ClaimedState | null {
    return this.#claimed.findLast(({ claimedIn }) => claimedIn < publishedSize) ?? null;
  }
}
