import { useState } from 'react';
import { ALL_FAULTS } from '../../simulation/faults/fault-kind.ts';
import { simulationOptions, type SimulationOptions } from '../../simulation/simulation-options.ts';
import { SimulationForm } from '../parts/simulation-form.tsx';
import { SimulationOutcome } from '../parts/simulation-outcome.tsx';
import { Notice } from '../primitives/notice.tsx';
import { Page } from '../primitives/page.tsx';
import { ProgressBar } from '../primitives/progress-bar.tsx';
import { SIMULATE } from '../simulate-text.ts';
import { useSimulation } from '../use-simulation.ts';

/** A whole network under faults, in a worker of this tab. */
export function SimulatePage() {
  const { run, start, cancel } = useSimulation();
  const [options, setOptions] = useState<SimulationOptions>(FIRST);
  return (
    <Page title={SIMULATE.title} lead={SIMULATE.lead}>
      <SimulationForm
        options={options}
        isRunning={run.kind === 'running'}
        onChange={setOptions}
        onStart={() => start(options)}
        onCancel={cancel}
      />
      <div role="status">
        {run.kind === 'running' ? (
          <ProgressBar
            label={SIMULATE.running}
            done={run.share * 100}
            total={100}
            words={run.share < 1 ? SIMULATE.runningWords(run.share) : SIMULATE.endingWords}
          />
        ) : null}
        {run.kind === 'broken' ? <Notice>{SIMULATE.broken}</Notice> : null}
      </div>
      {run.kind === 'done' ? (
        <SimulationOutcome result={run.result} timeline={run.timeline} />
      ) : null}
    </Page>
  );
}

const FIRST = simulationOptions({ seed: 1, faults: ALL_FAULTS });
