import { assertNever } from '../domain/assert.ts';
import type { ResultStatus } from '../domain/report.ts';
import type { ReportedResult, SchedulerEvent } from './event.ts';
import { AGENT, REPORTED, STATE, TASK } from './lease-table.ts';
import { openLease, statusOfUnheld } from './leases.ts';
import type { Step } from './outbox.ts';
import { agentOf, noteSeen } from './presence.ts';
import { rejectResultOf } from './quarantine.ts';
import { NONE } from './slot-list.ts';
import { noteSpeed } from './speed.ts';
import type { Agent } from './state.ts';
import { returnLease, takeOutput } from './task-course.ts';
import { jobOf, rowsOf } from './task-rows.ts';

/** Takes results in, each once; late, duplicate and foreign ones change nothing. */
export function onResultsReported(
  step: Step,
  event: SchedulerEvent & { readonly kind: 'results-reported' },
): void {
  const agent = agentOf(step, event.session);
  if (agent === null) return;
  const statuses = event.results.map((reported) => takeResult(step, agent, reported));
  if (statuses.some((status) => status === 'received' || status === 'malformed'))
    noteSeen(step, agent);
  step.outbox.put({ kind: 'results-received', session: event.session, statuses });
}

function takeResult(step: Step, agent: Agent, reported: ReportedResult): ResultStatus {
  const { state } = step;
  const lease = openLease(state, reported.lease);
  if (lease === NONE) return statusOfUnheld(state, reported.lease, agent);
  const { records } = state.leases;
  if (records.int(lease, AGENT) !== agent.slot) return 'foreign';
  if (records.int(lease, STATE) === REPORTED) return 'duplicate';
  const { result } = reported;
  switch (result.kind) {
    case 'output':
      learnSpeed(step, lease, agent, reported.computeMs);
      takeOutput(step, lease);
      return 'received';
    case 'failed': {
      const { code, message } = result.failure;
      const tried = { agent: agent.id, code, message, kind: 'failed' } as const;
      returnLease(step, lease, { tried, answered: true });
      return 'received';
    }
    case 'malformed': {
      const { reason: message } = result;
      const code = 'shape_mismatch';
      const tried = { agent: agent.id, code, message, kind: 'rejected' } as const;
      returnLease(step, lease, { tried, answered: true });
      rejectResultOf(step, agent, message);
      return 'malformed';
    }
    default:
      return assertNever(result);
  }
}

function learnSpeed({ state }: Step, lease: number, agent: Agent, computeMs: number): void {
  const task = state.leases.records.int(lease, TASK);
  noteSpeed(agent, jobOf(state, task).stage, { rows: rowsOf(state, task), computeMs });
}
