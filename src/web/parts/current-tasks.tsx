import type { AgentSnapshot, TaskView } from '../../agent/browser/index.ts';
import { durationWords } from '../amounts.ts';
import { Panel } from '../primitives/panel.tsx';
import { ProgressBar } from '../primitives/progress-bar.tsx';
import type { Situation } from '../situation.ts';
import { BACKEND_NAMES, CONTRIBUTE, PRIMITIVE_NAMES } from '../text.ts';
import { useNow } from '../use-now.ts';
import styles from './current-tasks.module.css';

type CurrentTasksProps = {
  readonly snapshot: AgentSnapshot;
  /** Says why, where nothing is computed. */
  readonly situation: Situation;
};

/** Tasks that are gone sooner would only flicker. Milliseconds. */
const READABLE_MS = 500;

/** What each lane computes, for which job, and how far it has come. */
export function CurrentTasks({ snapshot, situation }: CurrentTasksProps) {
  const { tasks, tasksAhead, recent, limits } = snapshot;
  const isBusy = situation.tone === 'busy';
  const nowMs = useNow({ intervalMs: 250, isTicking: isBusy || tasks.length > 0 });
  const isQuick = isBusy && recent !== null && recent.meanTaskMs < READABLE_MS;
  const shown = tasks.filter((task) => !isQuick || nowMs - task.startedAtMs >= READABLE_MS);
  const aside = isQuick ? undefined : CONTRIBUTE.currentLanes(tasks.length, limits.lanes);
  const between = isQuick ? CONTRIBUTE.currentQuick : CONTRIBUTE.currentNext;
  return (
    <Panel title={CONTRIBUTE.current} aside={aside}>
      {shown.length === 0 ? (
        <p className={styles.none}>
          {isBusy ? between : CONTRIBUTE.currentNone(situation.headline)}
        </p>
      ) : (
        <ul className={styles.list}>
          {shown.map((task) => (
            <TaskItem key={task.task} task={task} elapsedMs={nowMs - task.startedAtMs} />
          ))}
        </ul>
      )}
      {isQuick || tasksAhead === 0 ? null : (
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
