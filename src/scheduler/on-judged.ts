import { assert } from '../domain/assert.ts';
import type { CheckSet, Verification } from '../domain/checking.ts';
import type { Judgement, SchedulerEvent } from './event.ts';
import { agentOfLease } from './leases.ts';
import type { Step } from './outbox.ts';
import { rejectResultOf } from './quarantine.ts';
import { NONE } from './slot-list.ts';
import type { LeaseNumber } from './slot-number.ts';
import type { Agent, SchedulerState, Stage } from './state.ts';
import { isKnownAnswer } from './second-results.ts';
import {
  acceptTask,
  advance,
  countAccepted,
  detachTask,
  dropResult,
  keepAsKnownAnswer,
  noteTry,
} from './task-course.ts';
import { jobOf } from './task-rows.ts';
import { CHECK, FIRST_RESULT, NO_CHECK, SECOND_RESULT } from './task-table.ts';

type Verdict = Judgement['verdicts'][number]['verdict'];

/** A result that was checked; no verdict where the check was of no use. */
type Checked = {
  readonly lease: number;
  readonly number: LeaseNumber;
  readonly agent: Agent;
  readonly verdict: Verdict | null;
};

/** Takes verdicts, each once. */
export function onJudged(step: Step, event: SchedulerEvent & { readonly kind: 'judged' }): void {
  for (const judgement of event.judgements) judge(step, judgement);
}

/**
 * Ends a task with the accepted result, or lets it begin anew without any.
 *
 * A verdict that comes too late changes nothing: the task is done, its job ended, or a result that
 * was checked was dropped meanwhile because its agent was quarantined.
 */
function judge(step: Step, judgement: Judgement): void {
  const { state } = step;
  const task = state.tasks.find(judgement.task);
  if (task === NONE || state.tasks.records.int(task, CHECK) === NO_CHECK) return;
  if (jobOf(state, task).ended) return;
  const checked = checkedResults(state, task, judgement);
  if (checked === null) return;
  const honest = checked.filter(({ verdict }) => verdict?.kind === 'accepted');
  const named = honest.find(({ number }) => number === judgement.accepted) ?? null;
  assert(judgement.accepted === null || named !== null, 'a result in use has an accepted verdict');
  if (honest.length === checked.length && honest.some(({ agent }) => agent.canary)) {
    dropCanaries(step, honest);
    return;
  }
  // What a canary says is never used, though it be right.
  const accepted = named?.agent.canary === true ? null : named;
  const verification = verificationBy(judgement);
  if (accepted !== null) notePassed(jobOf(state, task).stage, judgement.checks ?? 0);
  if (accepted !== null && verification === 'complete' && checked.length === 1) {
    if (isKnownAnswer(state, jobOf(state, task), task)) return keepAsKnownAnswer(step, task);
  }
  detachTask(state, task);
  for (const { agent } of honest) countAccepted(agent);
  if (accepted !== null) {
    const { lease, agent } = accepted;
    const checks = judgement.checks ?? 0;
    acceptTask(step, task, { lease, agent, honest, verification, checks });
    rejectLiars(step, checked);
    return;
  }
  for (const result of checked) {
    const isLiar = result.verdict?.kind !== 'accepted';
    if (isLiar && !result.agent.canary) noteRejection(state, task, result);
  }
  rejectLiars(step, checked);
  // A quarantine may have ended the job of the task, and with it the task.
  if (state.tasks.find(judgement.task) === task && !jobOf(state, task).ended) advance(step, task);
}

/**
 * Nobody was found wrong, but agreeing with a canary is worth nothing: the task goes on without what
 * canaries reported.
 */
function dropCanaries(step: Step, honest: readonly Checked[]): void {
  for (const { agent, lease } of honest) {
    if (!agent.canary) continue;
    countAccepted(agent);
    dropResult(step, lease);
  }
}

/** The results of a task with what was found of them; null where that is of other results. */
function checkedResults(
  state: SchedulerState,
  task: number,
  { verdicts, accepted }: Judgement,
): Checked[] | null {
  const checked: Checked[] = [];
  let known = 0;
  let isThere = accepted === null;
  for (const word of [FIRST_RESULT, SECOND_RESULT]) {
    const lease = state.tasks.records.int(task, word);
    if (lease === NONE) continue;
    const number = state.leases.numberOf(lease);
    const found = verdicts.find((one) => one.lease === number);
    if (found !== undefined) known++;
    if (number === accepted) isThere = true;
    const agent = agentOfLease(state, lease);
    checked.push({ lease, number, agent, verdict: found?.verdict ?? null });
  }
  return isThere && known === verdicts.length ? checked : null;
}

/** Each accepted result passed what all of them did. */
function notePassed(stage: Stage, checks: CheckSet): void {
  stage.checksPassed = (stage.checksPassed ?? checks) & checks;
}

/** Two that disagree are told apart by a complete check. */
function verificationBy({ sampled, verdicts }: Judgement): Verification {
  if (sampled === true) return 'sampled';
  const agreed = verdicts.filter(({ verdict }) => verdict.kind === 'accepted').length > 1;
  return agreed ? 'agreed' : 'complete';
}

/** Each result that was of no use is a try that came to nothing. */
function noteRejection(state: SchedulerState, task: number, { agent, verdict }: Checked): void {
  const message = verdict?.kind === 'rejected' ? verdict.reason : 'the check gave no result';
  noteTry(state, task, { agent: agent.id, code: 'execution_failed', message, kind: 'rejected' });
}

function rejectLiars(step: Step, checked: readonly Checked[]): void {
  for (const { agent, verdict } of checked) {
    if (verdict?.kind === 'rejected') rejectResultOf(step, agent, verdict.reason);
  }
}
