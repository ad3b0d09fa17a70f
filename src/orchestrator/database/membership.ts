// The life of this process among those that share the database.
//
//   joined -> renews every MEMBER_RENEW_MS, and looks for the dead -> left
//                \-> fenced: another adopted its work, and it must stop at once
//
// A member is adopted when the database's clock has not seen its pulse for MEMBER_DEAD_MS, and this
// process has seen the same old pulse for a while: after the database itself was away everybody's
// pulse is old, and each gets the time to renew it.
import { MEMBER_DEAD_MS, MEMBER_RENEW_MS } from '../../domain/limits.ts';
import type { Failure } from '../../domain/failure.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { Logger } from '../logger.ts';
import type { Member, Members, SilentMember, Ward } from './members.ts';

export type Membership = {
  readonly member: Member;
  /** Looks now, as it also does every MEMBER_RENEW_MS. */
  look(): Promise<void>;
  /** Says goodbye, so that others need not wait to adopt what is left. */
  leave(): Promise<void>;
  /** Does nothing more, as if it had died. */
  stop(): void;
};

/** A member that joined, at work. */
export function keepMembership(options: {
  readonly members: Members;
  readonly member: Member;
  readonly logger: Logger;
  /** Another adopted this one's work: nothing that it does counts any more. Told once. */
  readonly onFenced: (failure: Failure) => void;
  /** Streams that were adopted and are to be brought to their end; told again while there are. */
  readonly onWards: (wards: readonly Ward[]) => void;
}): Membership {
  const { members, member, logger, onFenced, onWards } = options;
  const seen = new Map<number, { readonly pulse: string; readonly sinceMs: number }>();
  let stopped = false;
  let looking: Promise<void> | null = null;
  let lastFailure: string | null = null;

  /** Whether to go on. */
  const checked = (outcome: Outcome<unknown>): boolean => {
    if (outcome.ok) {
      if (lastFailure !== null) logger.info('the database answers again');
      lastFailure = null;
      return !stopped;
    }
    const { code, message } = outcome.failure;
    if (code === 'member_fenced') {
      if (!stopped) onFenced(outcome.failure);
      stop();
    } else if (message !== lastFailure) {
      logger.warn(message);
      lastFailure = message;
    }
    return false;
  };

  const look = async (): Promise<void> => {
    if (!checked(await members.renew(member.epoch))) return;
    const silent = await members.silent(member.epoch);
    if (!checked(silent) || !silent.ok) return;
    for (const dead of unchanged(silent.value)) {
      const adopted = await members.adopt(dead.epoch, member.epoch);
      if (!checked(adopted)) return;
      if (adopted.ok && adopted.value) {
        const { epoch, name, gone } = dead;
        logger.info('took over the work of another', { epoch, name, gone });
      }
    }
    const wards = await members.wards(member.epoch);
    if (checked(wards) && wards.ok && wards.value.length > 0) onWards(wards.value);
  };

  /** Those that said goodbye, or whose pulse has stood still before the eyes of this process. */
  const unchanged = (silent: readonly SilentMember[]): readonly SilentMember[] => {
    const nowMs = performance.now();
    const epochs = new Set(silent.map(({ epoch }) => epoch));
    for (const epoch of seen.keys()) if (!epochs.has(epoch)) seen.delete(epoch);
    return silent.filter(({ epoch, pulse, gone }) => {
      const before = seen.get(epoch);
      if (before?.pulse !== pulse) seen.set(epoch, { pulse, sinceMs: nowMs });
      if (gone) return true;
      return before?.pulse === pulse && nowMs - before.sinceMs >= MEMBER_DEAD_MS / 4;
    });
  };

  const lookOnce = (): Promise<void> => (looking ??= look().finally(() => (looking = null)));
  const timer = setInterval(() => void lookOnce(), MEMBER_RENEW_MS);
  const stop = (): void => {
    stopped = true;
    clearInterval(timer);
  };

  return {
    member,
    look: lookOnce,
    async leave() {
      stop();
      await looking;
      await members.leave(member.epoch);
    },
    stop,
  };
}
