import { assert } from '../domain/assert.ts';
import type { Judgement, SchedulerEvent } from './event.ts';
import { agentOfLease } from './leases.ts';
import type { Step } from './outbox.ts';
import { rejectResultOf } from './quarantine.ts';
import { NONE } from './slot-list.ts';
import type { LeaseNumber } from './slot-number.ts';
import type { Agent, SchedulerState } from './state.ts';
import { acceptTask, advance, detachTask, noteTry } from './task-course.ts';
import { jobOf, rangeOf } from './task-rows.ts';
import { CHECK, FIRST_RESULT, NO_CHECK, SECOND_RESULT } from './task-table.ts';

type Checked = { readonly lease: number; readonly number: LeaseNumber; readonly agent: Agent };

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
  const checked = checkedResults(state, task);
  const isChecked = (lease: LeaseNumber) => checked.some(({ number }) => number === lease);
  if (!judgement.verdicts.every(({ lease }) => isChecked(lease))) return;
  if (judgement.accepted !== null && !isChecked(judgement.accepted)) return;

  const honest = checked.filter((result) => verdictOn(judgement, result)?.kind === 'accepted');
  const accepted = honest.find(({ number }) => number === judgement.accepted) ?? null;
  assert(judgement.accepted === null || accepted !== null, 'a result in use has an accepted verdict');
  detachTask(state, task);
  for (const { agent } of honest) agent.accepted++;
  if (accepted !== null) {
    accept(step, task, { accepted, honest });
    rejectLiars(step, checked, judgement);
    return;
  }
  const number = judgement.task;
  for (const result of checked) noteRejection(state, task, { result, judgement });
  rejectLiars(step, checked, judgement);
  // A quarantine may have ended the job of the task, and with it the task.
  if (state.tasks.find(number) === task && !jobOf(state, task).ended) advance(step, task);
}

function checkedResults(state: SchedulerState, task: number): Checked[] {
  const checked = [];
  for (const word of [FIRST_RESULT, SECOND_RESULT]) {
    const lease = state.tasks.records.int(task, word);
    if (lease === NONE) continue;
    const agent = agentOfLease(state, lease);
    checked.push({ lease, number: state.leases.numberOf(lease), agent });
  }
  return checked;
}

function accept(
  step: Step,
  task: number,
  by: { readonly accepted: Checked; readonly honest: readonly Checked[] },
): void {
  const { state, outbox } = step;
  const { id, stage } = jobOf(state, task);
  const { lease, number, agent } = by.accepted;
  outbox.accepted({
    job: id,
    stage: stage.plan.stage,
    rows: rangeOf(state, task),
    lease: number,
    agents: by.honest.map((result) => result.agent.id),
  });
  acceptTask(step, task, { lease, agent: agent.id });
}

/** Each result that was of no use is a try that came to nothing. */
function noteRejection(
  state: SchedulerState,
  task: number,
  of: { readonly result: Checked; readonly judgement: Judgement },
): void {
  const verdict = verdictOn(of.judgement, of.result);
  const message = verdict?.kind === 'rejected' ? verdict.reason : 'the check gave no result';
  const agent = of.result.agent.id;
  noteTry(state, task, { agent, code: 'execution_failed', message, kind: 'rejected' });
}

function rejectLiars(step: Step, checked: readonly Checked[], judgement: Judgement): void {
  for (const result of checked) {
    const verdict = verdictOn(judgement, result);
    if (verdict?.kind === 'rejected') rejectResultOf(step, result.agent, verdict.reason);
  }
}

type Verdict = Judgement['verdicts'][number]['verdict'];

function verdictOn({ verdicts }: Judgement, { number }: Checked): Verdict | null {
  return verdicts.find(({ lease }) => lease === number)?.verdict ?? null;
}
