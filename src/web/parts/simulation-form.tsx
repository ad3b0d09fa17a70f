import { useId } from 'react';
import { FAULT_KINDS, type FaultKind } from '../../simulation/faults/fault-kind.ts';
import { simulationOptions, type SimulationOptions } from '../../simulation/simulation-options.ts';
import { Button } from '../primitives/button.tsx';
import { Panel } from '../primitives/panel.tsx';
import { Slider } from '../primitives/slider.tsx';
import { FAULT_NAMES, SIMULATE } from '../simulate-text.ts';
import styles from './simulation-form.module.css';

const AGENTS_MAX = 40;
const MINUTES_MAX = 15;
const SEED_MAX = 2 ** 32 - 1;

type SimulationFormProps = {
  readonly options: SimulationOptions;
  readonly isRunning: boolean;
  readonly onChange: (options: SimulationOptions) => void;
  readonly onStart: () => void;
  readonly onCancel: () => void;
};

/** Seed, size and faults. */
export function SimulationForm(props: SimulationFormProps) {
  const { options, isRunning, onChange } = props;
  const { seed, agents, minutes, faults } = options;
  const id = useId();
  // As many jobs as suit the size, as the command has it.
  const change = (changes: Partial<SimulationOptions>): void => {
    onChange(simulationOptions({ seed, agents, minutes, faults, ...changes }));
  };
  const toggle = (kind: FaultKind): void => {
    const kinds = FAULT_KINDS.filter((one) => (one === kind ? !faults.has(one) : faults.has(one)));
    change({ faults: new Map(kinds.map((one) => [one, Infinity])) });
  };
  return (
    <Panel title={SIMULATE.setup}>
      <div className={styles.fields}>
        <div className={styles.field}>
          <label htmlFor={id}>{SIMULATE.seed}</label>
          <input
            id={id}
            className={styles.seed}
            type="number"
            inputMode="numeric"
            min={0}
            max={SEED_MAX}
            step={1}
            value={seed}
            aria-describedby={`${id}-hint`}
            onChange={({ target }) => change({ seed: seedIn(target.valueAsNumber) })}
          />
          <p id={`${id}-hint`} className={styles.hint}>
            {SIMULATE.seedHint}
          </p>
        </div>
        <Slider
          label={SIMULATE.agents}
          value={agents}
          min={1}
          max={AGENTS_MAX}
          words={SIMULATE.agentsWords(agents)}
          hint={SIMULATE.agentsHint}
          onChange={(count) => change({ agents: count })}
        />
        <Slider
          label={SIMULATE.minutes}
          value={minutes}
          min={1}
          max={MINUTES_MAX}
          words={SIMULATE.minutesWords(minutes)}
          hint={SIMULATE.minutesHint}
          onChange={(count) => change({ minutes: count })}
        />
      </div>
      <fieldset className={styles.faults}>
        <legend>{SIMULATE.faults}</legend>
        {FAULT_KINDS.map((kind) => (
          <label key={kind} className={styles.fault}>
            <input type="checkbox" checked={faults.has(kind)} onChange={() => toggle(kind)} />
            {FAULT_NAMES[kind]}
          </label>
        ))}
      </fieldset>
      {isRunning ? (
        <Button onClick={props.onCancel}>{SIMULATE.cancel}</Button>
      ) : (
        <Button look="primary" onClick={props.onStart}>
          {SIMULATE.run}
        </Button>
      )}
    </Panel>
  );
}

/** Whatever was typed, as a seed. */
function seedIn(value: number): number {
  return Number.isFinite(value) ? Math.min(SEED_MAX, Math.max(0, Math.floor(value))) : 0;
}
