import type { ServiceImpl } from '@connectrpc/connect';
import { failure } from '../../domain/failure.ts';
import type { AgentId } from '../../domain/ids.ts';
import { PAGE_SIZE, TRUST_MS, TRUST_MS_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { agentIdOf, publicKeyOf } from '../../integrity/index.ts';
import { listQuarantines, standingOf, type SchedulerEffect } from '../../scheduler/index.ts';
import { TrustState, type OperatorService } from '../../wire/index.ts';
import type { Coordinator } from '../coordinator.ts';
import type { JobHome } from '../jobs/job-home.ts';
import type { Logger } from '../logger.ts';
import type { RegisteredKey } from '../trust/trust-book.ts';
import { trustStateOf } from '../trust/trust-descriptor.ts';
import type { TrustKeeper } from '../trust/trust-keeper.ts';
import { unwrap } from './unwrap.ts';

type Parts = {
  readonly coordinator: Coordinator;
  readonly home: Pick<JobHome, 'release'>;
  readonly trust: TrustKeeper;
  readonly logger: Logger;
  readonly now: () => number;
};

/** How an operator rules about keys. Who calls was asked for the operator's key. */
export function operatorsRoute(parts: Parts): ServiceImpl<typeof OperatorService> {
  const { coordinator, home, trust, logger, now } = parts;
  const { state } = coordinator;

  /** Tells other members of those whose quarantine the scheduler ended here. */
  const releaseElsewhere = async (
    effects: readonly SchedulerEffect[],
  ): Promise<readonly AgentId[]> => {
    const released = effects.flatMap((effect) =>
      effect.kind === 'quarantine-ended' ? effect.agent : [],
    );
    for (const effect of effects) {
      if (effect.kind === 'quarantine-ended') {
        unwrap(await home.release(effect.agent, effect.reason));
      }
    }
    return released;
  };

  return {
    async registerKey(request) {
      const agent = unwrap(agentIdOf(request.publicKey));
      const times = unwrap(trustTimes(request, now()));
      const registered = unwrap(await trust.register({ agent, name: request.name, ...times }));
      logger.info('key registered', { agent, name: request.name });
      return { key: registeredToWire(registered, now()) };
    },

    async revokeKey({ publicKey }) {
      const agent = unwrap(agentIdOf(publicKey));
      if (!unwrap(await trust.revoke(agent))) unwrap(unknown(agent, 'is not registered'));
      logger.info('key revoked', { agent });
      return {};
    },

    listKeys({ pageSize, pageToken }) {
      const keys = trust.list().map((key) => registeredToWire(key, now()));
      const page = unwrap(pageOf(keys, { pageSize, pageToken }));
      return { keys: page.items, nextPageToken: page.next };
    },

    async releaseKey({ publicKey, reason }) {
      const agent = unwrap(agentIdOf(publicKey));
      if (standingOf(state, agent).quarantine === null) {
        unwrap(unknown(agent, 'is not quarantined here'));
      }
      const event = { kind: 'quarantine-released', agent, reason } as const;
      await releaseElsewhere(unwrap(await coordinator.submit(event)));
      logger.warn('key released', { agent, reason });
      return {};
    },

    async grantAmnesty({ sinceMs, reason }) {
      const event = { kind: 'amnesty-granted', sinceMs: Number(sinceMs), reason } as const;
      const released = await releaseElsewhere(unwrap(await coordinator.submit(event)));
      logger.warn('amnesty granted', { released: released.length, reason });
      return { released: released.length };
    },

    listQuarantines({ pageSize, pageToken }) {
      const page = unwrap(pageOf(listQuarantines(state), { pageSize, pageToken }));
      const quarantines = page.items.map(({ agent, quarantine, ...view }) => ({
        publicKey: unwrap(publicKeyOf(agent)),
        untilMs: BigInt(quarantine.untilMs),
        reason: quarantine.reason,
        accepted: BigInt(view.accepted),
        rejected: BigInt(view.rejected),
        present: view.isPresent,
      }));
      return { quarantines, nextPageToken: page.next };
    },
  };
}

function unknown(agent: AgentId, what: string): Outcome<never> {
  return fail(failure('agent_unknown', `the key ${agent} ${what}. List those that are.`));
}

/** From when until when, as an operator asks for it. Errors: "input_invalid". */
function trustTimes(
  asked: { readonly notBeforeMs: bigint; readonly expiresMs: bigint },
  nowMs: number,
): Outcome<{ readonly notBeforeMs: number; readonly expiresMs: number }> {
  const notBeforeMs = asked.notBeforeMs === 0n ? nowMs : Number(asked.notBeforeMs);
  const expiresMs = asked.expiresMs === 0n ? notBeforeMs + TRUST_MS : Number(asked.expiresMs);
  const refuse = (what: string): Outcome<never> =>
    fail(failure('input_invalid', `the key would ${what}. Name another time.`));
  if (expiresMs <= nowMs) return refuse('be expired already');
  if (expiresMs <= notBeforeMs) return refuse('be expired before it is trusted');
  if (expiresMs > nowMs + TRUST_MS_MAX) return refuse('be trusted for more than five years');
  return succeed({ notBeforeMs, expiresMs });
}

const STATES = {
  trusted: TrustState.TRUSTED,
  not_yet: TrustState.NOT_YET,
  expired: TrustState.EXPIRED,
} as const;

function registeredToWire({ trust, signed }: RegisteredKey, nowMs: number) {
  return { signed: { ...signed }, state: STATES[trustStateOf(trust, nowMs)] };
}

/**
 * A page of a list that may change meanwhile: the token is how many were listed before.
 *
 * Errors: "input_invalid" for a token that no page gave.
 */
function pageOf<Item>(
  all: readonly Item[],
  { pageSize, pageToken }: { readonly pageSize: number; readonly pageToken: string },
): Outcome<{ readonly items: Item[]; readonly next: string }> {
  if (!/^\d{0,9}$/.test(pageToken)) {
    return fail(failure('input_invalid', 'not a page token: list again from the first page'));
  }
  const start = Number(pageToken);
  const end = start + (pageSize === 0 ? PAGE_SIZE : pageSize);
  return succeed({ items: all.slice(start, end), next: end < all.length ? String(end) : '' });
}
