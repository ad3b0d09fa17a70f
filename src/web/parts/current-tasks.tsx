import type { TaskView } from '../../agent/browser/index.ts';
import { durationWords } from '../amounts.ts';
import { Panel } from '../primitives/panel.tsx';
import { ProgressBar } from '../primitives/progress-bar.tsx';
import type { Situation } from '../situation.ts';
import { BACKEND_NAMES, CONTRIBUTE, PRIMITIVE_NAMES } from '../text.ts';
import { useNow } from '../use-now.ts';
import styles from './current-tasks.module.css';

type CurrentTasksProps = {
  readonly tasks: readonly TaskView[];
  readonly tasksAhead: number;
  readonly lanes: number;
  /** Says why, where nothing is computed. */
  readonly situation: Situation;
};

/** What each lane computes, for which job, and how far it has come. */
export function CurrentTasks({ tasks, tasksAhead, lanes, situation }: CurrentTasksProps) {
  const nowMs = useNow({ intervalMs: 250, isTicking: tasks.length > 0 });
  return (
    <Panel title={CONTRIBUTE.current} aside={CONTRIBUTE.currentLanes(tasks.length, lanes)}>
      {tasks.length === 0 ? (
        <p className={styles.none}>{CONTRIBUTE.currentNone(situation.headline)}</p>
      ) : (
        <ul className={styles.list}>
          {tasks.map((task) => (
            <TaskItem key={task.task} task={task} elapsedMs={nowMs - task.startedAtMs} />
          ))}
        </ul>
      )}
      {tasksAhead === 0 ? null : (
        <p className={styles.ahead}>{CONTRIBUTE.tasksAhead(tasksAhead)}</p>
      )}
    </Panel>
  );
}

function TaskItem({ task, elapsedMs }: { readonly task: TaskView; readonly elapsedMs: number }) {
  const what =
    task.primitive === null || task.backend === null
      ? CONTRIBUTE.taskLoading
      : CONTRIBUTE.taskOn(PRIMITIVE_NAMES[task.primitive], BACKEND_NAMES[task.backend]);
  const progress = CONTRIBUTE.taskProgress(task.rowsDone, task.rows);
  return (
    <li className={styles.task}>
      <div className={styles.head}>
        <h3 className={styles.name}>{task.jobName}</h3>
        <span className={styles.elapsed}>{durationWords(elapsedMs)}</span>
      </div>
      <ProgressBar
        label={CONTRIBUTE.taskProgressLabel(task.jobName)}
        done={task.rowsDone}
        total={task.rows}
        words={progress}
      />
      <p className={styles.facts}>
        {[what, progress, CONTRIBUTE.taskOf(taskNumber(task.task))].join(' · ')}
      </p>
    </li>
  );
}

/** People count from one; an id ends in `/<index>`. */
function taskNumber(task: string): number {
  return Number(task.slice(task.lastIndexOf('/') + 1)) + 1;
}
