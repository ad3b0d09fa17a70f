// Tells the scheduler whom the operator trusts, whenever that changes: by a word of the operator, or
// because the time of a registration begins or is over.
import type { AgentId } from '../../domain/ids.ts';
import { TRUST_LOOK_MS } from '../../domain/limits.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import { isTrusted, listAgents } from '../../scheduler/index.ts';
import type { Coordinator } from '../coordinator.ts';
import type { Platform } from '../platform.ts';
import type { RegisteredKey, TrustBook } from './trust-book.ts';
import type { Trust } from './trust-descriptor.ts';

export type TrustKeeper = {
  isTrusted(agent: AgentId, nowMs: number): boolean;
  list(): readonly RegisteredKey[];
  /** As of the book; the key's present session goes on as a trusted one. */
  register(trust: Trust): Promise<Outcome<RegisteredKey>>;
  /**
   * As of the book; tells whether anybody trusted the key. When it returns the scheduler does no
   * longer.
   */
  revoke(agent: AgentId): Promise<Outcome<boolean>>;
  stop(): void;
};

/** Keeps a scheduler at what a book says, from now on. */
export function trustKeeper(of: {
  readonly book: TrustBook;
  readonly coordinator: Pick<Coordinator, 'state' | 'submit' | 'insist'>;
  readonly platform: Pick<Platform, 'after'>;
  readonly now: () => number;
}): TrustKeeper {
  const { book, coordinator, now } = of;
  const { state } = coordinator;
  let cancel = (): void => {};

  /** Whether it is known there already or not: its joining may be on its way. */
  const tell = async (agent: AgentId): Promise<Outcome<void>> => {
    const trusted = book.isTrusted(agent, now());
    const told = await coordinator.submit({ kind: 'trust-changed', agent, trusted });
    return told.ok ? succeed(undefined) : told;
  };

  const look = (): void => {
    for (const { agent, trusted } of listAgents(state)) {
      const isRegistered = book.isTrusted(agent, now());
      if (isRegistered === trusted) continue;
      void coordinator.insist({ kind: 'trust-changed', agent, trusted: isRegistered });
    }
    lookLater();
  };

  const lookLater = (): void => {
    cancel();
    const nextMs = book.nextChangeAtMs(now());
    const waitMs = nextMs === null ? TRUST_LOOK_MS : Math.min(TRUST_LOOK_MS, nextMs - now());
    cancel = of.platform.after(waitMs, look);
  };

  look();
  return {
    isTrusted: book.isTrusted,
    list: book.list,
    async register(trust) {
      const registered = await book.register(trust);
      if (!registered.ok) return registered;
      lookLater();
      const told = await tell(trust.agent);
      return told.ok ? registered : told;
    },
    async revoke(agent) {
      const revoked = await book.revoke(agent);
      if (!revoked.ok) return revoked;
      // Also where it was not in the book: a former call may have failed behind it.
      const wasTrusted = isTrusted(state, agent);
      const told = await tell(agent);
      return told.ok ? succeed(revoked.value || wasTrusted) : told;
    },
    stop: () => cancel(),
  };
}
