export { admitAgent, admitJob } from './admission.ts';
export { digestState } from './digest.ts';
export type {
  AcceptedResult,
  AcceptedTask,
  CheckMode,
  CheckRequest,
  GrantedLease,
  JobEnd,
  RevokedTask,
  SchedulerEffect,
} from './effect.ts';
export type {
  Judgement,
  KeyHistory,
  ReportedResult,
  SchedulerEvent,
  SchedulerEventBody,
  StagePlan,
} from './event.ts';
export type { Idleness } from './idle-reason.ts';
export { leaseIdOf } from './lease-id.ts';
export { leaseNumberOf } from './leases.ts';
export { countAble } from './matching.ts';
export { deadlinePassed } from './on-job-events.ts';
export {
  acceptedOf,
  countAgents,
  countOpenJobs,
  countWaiting,
  hasWaitingRows,
  idleReasonFor,
  isOpen,
  isOut,
  isTrusted,
  jobView,
  leaseOf,
  listAgents,
  listJobs,
  listQuarantines,
  nextDueAtMs,
  samplingFacts,
  sessionOf,
  sessionsSilentAt,
  standingOf,
  unjudgedRowsOf,
} from './queries.ts';
export { RULES } from './rules.ts';
export { slotIn, type LeaseNumber, type TaskNumber } from './slot-number.ts';
export { restoreSnapshot, takeSnapshot } from './snapshot.ts';
export { createScheduler, type SchedulerState } from './state.ts';
export { step, type Stepped } from './step.ts';
export type {
  AgentView,
  JobPage,
  LeaseView,
  QuarantineView,
  SessionView,
  SilentSession,
} from './view.ts';
