import type { MessageInitShape } from '@bufbuild/protobuf';
import { failure } from '../domain/failure.ts';
import { parseJobId, parseLeaseId, parseTaskId } from '../domain/ids.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { LeasedTask, StageWork } from '../domain/work.ts';
import type { LeaseTasksResponse } from './gen/manyhands/agents/v1/agent_service_pb.ts';
import {
  type TaskSchema,
  type StageWork as WireStageWork,
  type Task as WireTask,
} from './gen/manyhands/agents/v1/task_pb.ts';
import { collect } from './collect.ts';
import { stageWorkFromWire, stageWorkToWire } from './work-wire.ts';
import { numberFromWide } from './wide-integer.ts';

type TaskInit = MessageInitShape<typeof TaskSchema>;

const encodedWorks = new WeakMap<StageWork, WireStageWork>();

/**
 * Tasks as one answer carries them: each stage once, whichever number of its tasks is leased.
 *
 * Stages are recognised by identity; their messages are made once and kept while the stage is.
 */
export function leasedTasksToWire(tasks: readonly LeasedTask[]): {
  works: WireStageWork[];
  tasks: TaskInit[];
} {
  const works: StageWork[] = [];
  const messages = tasks.map((leased): TaskInit => {
    let workIndex = works.indexOf(leased.work);
    if (workIndex < 0) workIndex = works.push(leased.work) - 1;
    return {
      leaseId: leased.lease,
      taskId: leased.task,
      jobName: leased.jobName,
      workIndex,
      rowStart: BigInt(leased.rows.start),
      rowEnd: BigInt(leased.rows.end),
      leaseMs: leased.leaseMs,
    };
  });
  return { works: works.map(encodedWork), tasks: messages };
}

/** Errors: input_malformed, input_invalid, operator_unsupported (an orchestrator newer than us). */
export function leasedTasksFromWire(
  message: Pick<LeaseTasksResponse, 'works' | 'tasks'>,
): Outcome<LeasedTask[]> {
  const works = collect(message.works, stageWorkFromWire);
  if (!works.ok) return works;
  return collect(message.tasks, (task) => taskFromWire(task, works.value));
}

function taskFromWire(message: WireTask, works: readonly StageWork[]): Outcome<LeasedTask> {
  const lease = parseLeaseId(message.leaseId);
  if (!lease.ok) return lease;
  const task = parseTaskId(message.taskId);
  if (!task.ok) return task;
  const job = parseJobId(task.value.slice(0, task.value.indexOf('/')));
  if (!job.ok) return job;
  const start = numberFromWide(message.rowStart, 'row_start');
  if (!start.ok) return start;
  const end = numberFromWide(message.rowEnd, 'row_end');
  if (!end.ok) return end;
  const work = works[message.workIndex];
  if (work === undefined || end.value <= start.value) {
    return fail(failure('input_malformed', `task ${task.value} names no stage or no rows`));
  }
  return succeed({
    lease: lease.value,
    task: task.value,
    job: job.value,
    jobName: message.jobName,
    work,
    rows: { start: start.value, end: end.value },
    leaseMs: message.leaseMs,
  });
}

function encodedWork(work: StageWork): WireStageWork {
  let message = encodedWorks.get(work);
  if (message === undefined) {
    message = stageWorkToWire(work);
    encodedWorks.set(work, message);
  }
  return message;
}
