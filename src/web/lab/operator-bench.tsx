import { useCallback, useEffect, useState } from 'react';
import { instantWords } from '../evidence-text.ts';
import { LAB_LINK_CHARS_MAX } from '../../domain/limits.ts';
import type { Outcome } from '../../domain/outcome.ts';
import { Button } from '../primitives/button.tsx';
import { FileDrop } from '../primitives/file-drop.tsx';
import { Notice } from '../primitives/notice.tsx';
import { Panel } from '../primitives/panel.tsx';
import { ApartStatus } from './apart-status.tsx';
import { backendsHere, LabForm } from './lab-form.tsx';
import { holdsLabRun, labRunFromFile, labRunFromHash } from './lab-link.ts';
import { LabResults } from './lab-results.tsx';
import type { LabRun } from './lab-run.ts';
import { LabShare } from './lab-share.tsx';
import { LAB } from './lab-text.ts';
import styles from './lab.module.css';
import { RooflineChart } from './roofline-chart.tsx';
import type { LabOrder } from './lab-order.ts';
import { runLab } from './run-lab.ts';
import { useApart } from './use-apart.ts';

const FIRST: LabOrder = {
  ...{ operator: 'matmul', size: [128, 768, 768] },
  ...{ backends: backendsHere(), withPeers: true },
};

/** An operator of the network on whatever this browser has, or a result that somebody shared. */
export function OperatorBench() {
  const { state, start, cancel } = useApart<LabRun>();
  const begin = (wanted: LabOrder): void => start((how) => runLab(wanted, how));
  const [order, setOrder] = useState(FIRST);
  const [opened, setOpened] = useState<Shared | null>(null);
  const open = useCallback(
    (one: Shared | null) => {
      cancel();
      setOpened(one);
    },
    [cancel],
  );
  const linked = useLinkedRun(open);
  const shared = opened ?? linked;
  const run = state.kind === 'done' ? state.value : null;
  return (
    <>
      {shared.run === null || state.kind !== 'idle' ? null : (
        <SharedRun
          run={shared.run}
          onRun={({ operator, size }) => {
            const again = { ...FIRST, operator, size };
            setOrder(again);
            begin(again);
          }}
        />
      )}
      {shared.why === null || state.kind !== 'idle' ? null : (
        <Notice>{LAB.badLink(shared.why)}</Notice>
      )}
      <LabForm
        order={order}
        isRunning={state.kind === 'running'}
        onChange={setOrder}
        onStart={() => begin(order)}
        onCancel={cancel}
      />
      <ApartStatus state={state} starting={LAB.measuring} />
      {run === null ? null : (
        <>
          <LabResults run={run} />
          <LabShare run={run} />
          <RooflineChart run={run} />
        </>
      )}
      <Panel title={LAB.open}>
        <FileDrop
          label={LAB.openChoose}
          orDrop={LAB.openDrop}
          hint={LAB.openHint}
          accept=".json"
          bytesMax={LAB_LINK_CHARS_MAX}
          largeWords={LAB.openLarge}
          onOpen={({ bytes }) => {
            open(sharedOf(labRunFromFile(bytes)));
            scrollTo({ top: 0 });
          }}
        />
      </Panel>
    </>
  );
}

type SharedRunProps = { readonly run: LabRun; readonly onRun: (run: LabRun) => void };

function SharedRun({ run, onRun }: SharedRunProps) {
  return (
    <section className={styles.shared}>
      <p>{LAB.shared}</p>
      <p className={styles.hint}>{LAB.made(run.label, instantWords(run.madeAtMs))}</p>
      <div>
        <Button onClick={() => onRun(run)}>{LAB.runHere}</Button>
      </div>
      <LabResults run={run} />
      <RooflineChart run={run} />
    </section>
  );
}

/** What somebody gave: a run, or why it is none; neither where nothing was given. */
type Shared = { readonly run: LabRun | null; readonly why: string | null };

/** What the address holds. A link that is opened over this page takes the place of all that is shown. */
function useLinkedRun(onLink: (instead: null) => void): Shared {
  const [hash, setHash] = useState(() => location.hash);
  useEffect(() => {
    const read = (): void => {
      setHash(location.hash);
      onLink(null);
    };
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, [onLink]);
  if (!holdsLabRun(hash)) return { run: null, why: null };
  return sharedOf(labRunFromHash(hash));
}

function sharedOf(read: Outcome<LabRun>): Shared {
  return read.ok ? { run: read.value, why: null } : { run: null, why: read.failure.message };
}
