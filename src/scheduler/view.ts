import type { Capability } from '../domain/capability.ts';
import type { AgentId, SessionId } from '../domain/ids.ts';
import type { Standing } from '../domain/standing.ts';

/** An agent that is present. */
export type AgentView = {
  readonly agent: AgentId;
  readonly session: SessionId;
  readonly capability: Capability;
  readonly joinedAtMs: number;
  readonly leases: number;
  readonly standing: Standing;
};
