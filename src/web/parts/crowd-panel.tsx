import type { CrowdTest } from '../../domain/crowd-test.ts';
import { CROWD } from '../crowd-text.ts';
import { useGoverned, type Governed } from '../governed-kernels.ts';
import { Button } from '../primitives/button.tsx';
import { Notice } from '../primitives/notice.tsx';
import { Panel } from '../primitives/panel.tsx';
import { ProgressBar } from '../primitives/progress-bar.tsx';
import { useCrowdTest, type CrowdRun } from '../use-crowd-test.ts';
import styles from './crowd-panel.module.css';
import { CrowdResults } from './crowd-results.tsx';

/** Has this device tested, shows what came of it, and publishes that where its volunteer says so. */
export function CrowdPanel({ kernelBuild }: { readonly kernelBuild: string | undefined }) {
  const { run, start, discard, publish } = useCrowdTest();
  const isTesting = run.kind === 'testing';
  return (
    <Panel title={CROWD.title}>
      <p className={styles.lead}>{CROWD.lead}</p>
      <GovernedWords build={kernelBuild} />
      <div role="status" className={styles.status}>
        <RunStatus run={run} />
      </div>
      {'test' in run ? <CrowdResults test={run.test} /> : null}
      {run.kind === 'tested' || run.kind === 'publishing' ? <ToldWords test={run.test} /> : null}
      <div className={styles.buttons}>
        {run.kind === 'tested' || run.kind === 'publishing' ? (
          <>
            <Button
              look="primary"
              disabled={run.kind === 'publishing'}
              onClick={() => void publish(run.test)}
            >
              {run.kind === 'publishing' ? CROWD.publishing : CROWD.publish}
            </Button>
            <Button onClick={discard}>{CROWD.discard}</Button>
          </>
        ) : (
          <Button onClick={isTesting ? discard : start}>
            {isTesting ? CROWD.cancel : run.kind === 'idle' ? CROWD.start : CROWD.again}
          </Button>
        )}
      </div>
    </Panel>
  );
}

/** Whether these kernels are the network's own, and how this tab knows. */
function GovernedWords({ build }: { readonly build: string | undefined }) {
  const { data, error } = useGoverned(build);
  return (
    <p className={styles.told} aria-live="polite">
      {error === null ? governedWords(data) : CROWD.governed.failed(error.failure.message)}
    </p>
  );
}

function governedWords(governed: Governed | undefined): string {
  if (governed === undefined) return CROWD.governed.looking;
  if (!governed.isAdmitted) return CROWD.governed.refused;
  const { provenBy } = governed;
  return provenBy === null ? CROWD.governed.unproven : CROWD.governed.admitted(provenBy);
}

function RunStatus({ run }: { readonly run: CrowdRun }) {
  switch (run.kind) {
    case 'testing': {
      const { step } = run;
      const at = step === null ? '' : CROWD.stepOf(step.index, step.count);
      const words = step === null ? CROWD.opening : CROWD.step(step.operator, step.backend, at);
      return (
        <>
          <p aria-hidden="true">{words}</p>
          <ProgressBar
            label={CROWD.running}
            done={step?.index ?? 0}
            total={step?.count ?? 1}
            words={words}
          />
        </>
      );
    }
    case 'failed':
      return <Notice>{CROWD.failed(run.failure.message)}</Notice>;
    case 'tested':
      return run.failure === null ? null : (
        <Notice>{CROWD.notPublished(run.failure.message)}</Notice>
      );
    case 'published':
      return <p>{CROWD.published(run.counted.software, run.counted.adapter)}</p>;
    default:
      return null;
  }
}

function ToldWords({ test: { label, adapter } }: { readonly test: CrowdTest }) {
  return <p className={styles.told}>{CROWD.told(label, CROWD.gpu(adapter))}</p>;
}
