import type { Capability } from '../domain/capability.ts';
import type { Failure } from '../domain/failure.ts';
import type { AgentId, JobId, SessionId } from '../domain/ids.ts';

/** A job as it stands, for people and for the protocol. */
export type JobView = {
  readonly job: JobId;
  readonly name: string;
  readonly workload: 'inference' | 'operators';
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'canceled';
  readonly submittedAtMs: number;
  readonly endedAtMs: number | null;
  readonly stage: number;
  readonly stageCount: number;
  readonly taskCount: number;
  readonly tasksAccepted: number;
  readonly tasksLeased: number;
  readonly tasksChecking: number;
  readonly rowCount: number;
  readonly rowsAccepted: number;
  readonly contributorCount: number;
  readonly failure: Failure | null;
};

/** How a key stands. */
export type Standing = {
  readonly accepted: number;
  readonly rejected: number;
  readonly pending: number;
  readonly quarantine: { readonly untilMs: number; readonly reason: string } | null;
};

/** An agent that is present. */
export type AgentView = {
  readonly agent: AgentId;
  readonly session: SessionId;
  readonly capability: Capability;
  readonly joinedAtMs: number;
  readonly leases: number;
  readonly standing: Standing;
};
