import type { AgentLimits } from '../../agent/browser/index.ts';
import { bytesWords } from '../amounts.ts';
import { Choice } from '../primitives/choice.tsx';
import { Panel } from '../primitives/panel.tsx';
import { Slider } from '../primitives/slider.tsx';
import type { DeviceRoom } from '../remembered-limits.ts';
import { BACKEND_CHOICES, CONTRIBUTE } from '../text.ts';
import styles from './limits-form.module.css';

type LimitsFormProps = {
  readonly limits: AgentLimits;
  readonly room: DeviceRoom;
  /** A change now costs the tasks at hand. */
  readonly isRunning: boolean;
  readonly onChange: (limits: AgentLimits) => void;
};

/** How much the owner of this device lends. */
export function LimitsForm({ limits, room, isRunning, onChange }: LimitsFormProps) {
  const { memorySteps } = room;
  const memoryStep = Math.max(0, memorySteps.indexOf(limits.memoryBytes));
  return (
    <Panel title={CONTRIBUTE.limits} aside={CONTRIBUTE.limitsNote}>
      <div className={styles.fields}>
        <Slider
          label={CONTRIBUTE.lanes}
          value={limits.lanes}
          min={1}
          max={room.logicalCores}
          words={CONTRIBUTE.lanesWords(limits.lanes, room.logicalCores)}
          hint={CONTRIBUTE.lanesHint}
          onChange={(lanes) => onChange({ ...limits, lanes })}
        />
        <Slider
          label={CONTRIBUTE.memory}
          value={memoryStep}
          min={0}
          max={memorySteps.length - 1}
          words={bytesWords(limits.memoryBytes)}
          hint={CONTRIBUTE.memoryHint}
          onChange={(step) =>
            onChange({ ...limits, memoryBytes: memorySteps[step] ?? limits.memoryBytes })
          }
        />
        <Choice
          label={CONTRIBUTE.backend}
          value={limits.backend}
          options={BACKEND_CHOICES}
          hint={CONTRIBUTE.backendHint[limits.backend]}
          onChange={(backend) => onChange({ ...limits, backend })}
        />
        {isRunning ? <p className={styles.note}>{CONTRIBUTE.limitsRejoin}</p> : null}
      </div>
    </Panel>
  );
}
