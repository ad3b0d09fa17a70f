import type { SupervisedAgent } from '../../agent/browser/index.ts';
import { About } from '../parts/about.tsx';
import { CurrentTasks } from '../parts/current-tasks.tsx';
import { DevicePanel } from '../parts/device-panel.tsx';
import { LimitsForm } from '../parts/limits-form.tsx';
import { Promises } from '../parts/promises.tsx';
import { SelfTestNotice } from '../parts/self-test-notice.tsx';
import { SessionChart } from '../parts/session-chart.tsx';
import { StatusPanel } from '../parts/status-panel.tsx';
import { Tallies } from '../parts/tallies.tsx';
import type { SessionHistory } from '../session-history.ts';
import { useContribution } from '../use-contribution.ts';
import { useStore } from '../use-store.ts';
import styles from './contribute.module.css';

type ContributePageProps = {
  readonly agent: SupervisedAgent;
  readonly history: SessionHistory;
};

/** Lend a hand: one button, what it does, and how much it may take. */
export function ContributePage({ agent, history }: ContributePageProps) {
  const { snapshot, situation, limits, room, isRunning, control, setLimits } =
    useContribution(agent);
  const points = useStore(history);
  const hasJoined = snapshot !== null && snapshot.standing !== null;
  return (
    <>
      <StatusPanel situation={situation} onControl={control}>
        {hasJoined ? <Tallies snapshot={snapshot} points={points} /> : <Promises />}
      </StatusPanel>
      <SelfTestNotice snapshot={snapshot} />
      <div className={hasJoined ? styles.panels : undefined}>
        {hasJoined ? (
          <div className={styles.column}>
            <CurrentTasks snapshot={snapshot} situation={situation} />
            <SessionChart points={points} />
          </div>
        ) : null}
        <div className={styles.column}>
          <LimitsForm limits={limits} room={room} isRunning={isRunning} onChange={setLimits} />
        </div>
        <DevicePanel snapshot={snapshot} />
      </div>
      <About />
    </>
  );
}
