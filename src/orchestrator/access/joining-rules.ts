// Who may join, and what for. A key that is known here, by accepted results or by the operator,
// joins as it is; an unknown one brings work while many of those come. Callers whom no limits hold
// for, as those on this machine, are never asked for any.
import { failure } from '../../domain/failure.ts';
import type { AgentId } from '../../domain/ids.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { isWorkDone } from '../../integrity/index.ts';
import { countAgents, standingOf, type SchedulerState } from '../../scheduler/index.ts';
import type { Challenges } from './challenge.ts';
import type { Calling } from './client-limits.ts';
import type { WorkDemand } from './work-demand.ts';

type Parts = {
  readonly state: SchedulerState;
  readonly challenges: Challenges;
  readonly demand: WorkDemand;
  /** Whether the operator registered a key, so that it is trusted now. */
  readonly isTrusted: (agent: AgentId, nowMs: number) => boolean;
  /** Results of a key that other members of a shared database accepted. */
  readonly acceptedElsewhere: (agent: AgentId) => Promise<Outcome<number>>;
};

type Key = { readonly agent: AgentId; readonly publicKey: Uint8Array };
type Claim = Key & { readonly challenge: Uint8Array; readonly work: Uint8Array };

export type JoiningRules = {
  /** A challenge, and the work that its answer must bring. A null key may be anybody's. */
  challenge(
    key: Key | null,
    by: Calling,
  ): Promise<Outcome<{ readonly challenge: Uint8Array; readonly workBits: number }>>;
  /**
   * Whether a claim answers a challenge of ours as it must. It may come from an attacker; that its
   * key signed it is checked elsewhere.
   *
   * Errors: "challenge_invalid" | "work_required".
   */
  check(claim: Claim, by: Calling): Promise<Outcome<void>>;
  /** Counts a key in that joined. */
  joined(agent: AgentId, by: Calling): void;
};

export function joiningRules(parts: Parts): JoiningRules {
  const { state, challenges, demand } = parts;
  const isKnownHere = (agent: AgentId, nowMs: number): boolean =>
    standingOf(state, agent).accepted > 0 || parts.isTrusted(agent, nowMs);
  /** Bits asked of a key: none of a known one, so that others are asked after only under load. */
  const bitsFor = async (agent: AgentId, { range, nowMs }: Calling): Promise<Outcome<number>> => {
    if (range === null) return succeed(0);
    const bits = demand.bits({ nowMs, sessionCount: countAgents(state) });
    if (bits === 0 || isKnownHere(agent, nowMs)) return succeed(0);
    const elsewhere = await parts.acceptedElsewhere(agent);
    if (!elsewhere.ok) return elsewhere;
    return succeed(elsewhere.value > 0 ? 0 : bits);
  };
  return {
    async challenge(key, by) {
      const bits = key === null ? succeed(0) : await bitsFor(key.agent, by);
      if (!bits.ok) return bits;
      const terms = { publicKey: key?.publicKey ?? null, workBits: bits.value };
      const challenge = challenges.issue(by.nowMs, terms);
      return succeed({ challenge, workBits: bits.value });
    },
    async check(claim, by) {
      const { challenge, publicKey, work } = claim;
      const asked = challenges.check(challenge, { nowMs: by.nowMs, publicKey });
      if (!asked.ok) return asked;
      if (asked.value > 0) {
        if (isWorkDone({ challenge, publicKey }, work, asked.value)) return succeed(undefined);
        return workRequired('the claim brings no work that its challenge asked for');
      }
      // Asked for nothing: before the flood began, or by an agent that does not know of work.
      const wanted = await bitsFor(claim.agent, by);
      if (!wanted.ok) return wanted;
      return wanted.value === 0
        ? succeed(undefined)
        : workRequired('so many new keys join that each is asked for some work');
    },
    joined(agent, { range, nowMs }) {
      if (range !== null && !isKnownHere(agent, nowMs)) demand.joined(nowMs);
    },
  };
}

/** When to join again. Milliseconds. */
const WORK_RETRY_MS = 1_000;

function workRequired(what: string): Outcome<never> {
  const remedy = 'Load the page again, or update the agent, and join again';
  return fail(failure('work_required', `${what}. ${remedy}.`, WORK_RETRY_MS));
}
