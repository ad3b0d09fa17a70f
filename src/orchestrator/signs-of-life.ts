import type { SessionId } from '../domain/ids.ts';
import { AGENT_SILENT_MS } from '../domain/limits.ts';
import type { SilentSession } from '../scheduler/index.ts';

/**
 * Who was heard of without an event: agents that ask for work in vain, or send a heartbeat without
 * a lease. What they say changes nothing, so it is not logged; an event for each that is alive
 * comes only when the scheduler would take it for gone.
 */
export type SignsOfLife = {
  heard(session: SessionId, atMs: number): void;
  /** A call of the session is being held; gives how to tell that it no longer is. */
  held(session: SessionId): () => void;
  isAlive(session: SilentSession, atMs: number): boolean;
  forget(session: SessionId): void;
};

/** Of sessions that exist: `forget` those that end. */
export function signsOfLife(): SignsOfLife {
  const heardAtMs = new Map<SessionId, number>();
  const heldCalls = new Map<SessionId, number>();
  return {
    heard: (session, atMs) => void heardAtMs.set(session, atMs),
    held(session) {
      heldCalls.set(session, (heldCalls.get(session) ?? 0) + 1);
      return () => {
        const left = (heldCalls.get(session) ?? 1) - 1;
        if (left > 0) heldCalls.set(session, left);
        else heldCalls.delete(session);
      };
    },
    isAlive({ session, leaseCount }, atMs) {
      const lastAtMs = heardAtMs.get(session) ?? -Infinity;
      if (lastAtMs + AGENT_SILENT_MS > atMs) return true;
      // A line may be dead without a word. Who holds tasks must say more than nothing.
      return leaseCount === 0 && heldCalls.has(session);
    },
    forget: (session) => void heardAtMs.delete(session),
  };
}
