import type { LeaseId, SessionId } from '../domain/ids.ts';
import type { TaskReport } from '../domain/report.ts';
import type { LeasedTask } from '../domain/work.ts';
import type { AgentLimits } from './agent-event.ts';

/** What an agent wants done. Answers come back as events that carry the same epoch. */
export type AgentEffect =
  /** Open the lanes, prove what they compute rightly, and join with that. */
  | {
      readonly kind: 'join';
      readonly epoch: number;
      readonly limits: AgentLimits;
      /** Which; all that follows, up to the next joining, is for that one. */
      readonly orchestrator: number;
    }
  | {
      readonly kind: 'lease';
      readonly epoch: number;
      readonly session: SessionId;
      readonly maxTasks: number;
      readonly waitMs: number;
    }
  | { readonly kind: 'fetch-inputs'; readonly epoch: number; readonly task: LeasedTask }
  | { readonly kind: 'compute'; readonly epoch: number; readonly task: LeasedTask }
  | {
      readonly kind: 'store-output';
      readonly epoch: number;
      readonly session: SessionId;
      readonly task: LeasedTask;
    }
  | {
      readonly kind: 'report';
      readonly epoch: number;
      readonly session: SessionId;
      readonly results: readonly TaskReport[];
      /** Tasks wanted along with the answer; 0: none. */
      readonly maxTasks: number;
    }
  | {
      readonly kind: 'heartbeat';
      readonly epoch: number;
      readonly session: SessionId;
      readonly leases: readonly { readonly lease: LeaseId; readonly rowsDone: number }[];
      readonly withdrawn: readonly LeaseId[];
    }
  /** Run all vectors again. */
  | { readonly kind: 'try-vectors'; readonly epoch: number }
  /** Stop whatever is done for a lease and forget its data. */
  | { readonly kind: 'drop'; readonly lease: LeaseId }
  /** End every call and terminate every computation of this epoch, at once. */
  | { readonly kind: 'abandon'; readonly epoch: number }
  | { readonly kind: 'leave'; readonly session: SessionId };
