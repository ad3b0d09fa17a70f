import { assertNever } from '../domain/assert.ts';
import type { ResultStatus } from '../domain/report.ts';
import type { ReportedResult, SchedulerEvent } from './event.ts';
import { keepResult, noteAnswered, statusOfUnheld } from './leases.ts';
import type { Step } from './outbox.ts';
import { agentOf, noteSeen } from './presence.ts';
import { rejectResultOf } from './quarantine.ts';
import type { Agent, FailedTry, Lease } from './state.ts';
import { advance, returnLease } from './task-course.ts';

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

function takeResult(step: Step, agent: Agent, { lease: id, result }: ReportedResult): ResultStatus {
  const lease = step.state.leases.get(id);
  if (lease === undefined) return statusOfUnheld(step.state, id, agent.id);
  if (lease.agent !== agent) return 'foreign';
  if (agent.unjudged.has(lease)) return 'duplicate';
  switch (result.kind) {
    case 'output':
      keepResult(step, lease);
      advance(step, lease.task);
      return 'received';
    case 'failed': {
      const { code, message } = result.failure;
      answerWithout(step, lease, { agent: agent.id, code, message, lost: false });
      return 'received';
    }
    case 'malformed': {
      const { reason: message } = result;
      answerWithout(step, lease, { agent: agent.id, code: 'shape_mismatch', message, lost: false });
      rejectResultOf(step, agent, message);
      return 'malformed';
    }
    default:
      return assertNever(result);
  }
}

function answerWithout(step: Step, lease: Lease, tried: FailedTry): void {
  returnLease(step, lease, tried);
  noteAnswered(step.state, lease);
}
