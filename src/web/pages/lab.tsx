import { useState } from 'react';
import { LAB, LAB_BENCHES, type LabBench } from '../lab/lab-text.ts';
import styles from '../lab/lab.module.css';
import { OperatorBench } from '../lab/operator-bench.tsx';
import { TraceBench } from '../lab/trace-bench.tsx';
import { LATE_DRAFT } from '../late-pages.ts';
import { Choice } from '../primitives/choice.tsx';
import { Page } from '../primitives/page.tsx';
import { Panel } from '../primitives/panel.tsx';
import { GENERAL } from '../text.ts';
import { useLatePage } from '../use-late-page.ts';

/** Where kernels are tried: the network's own, and anybody's. Nothing leaves the tab. */
export function LabPage() {
  const [bench, setBench] = useState<LabBench>('operator');
  return (
    <Page title={LAB.title} lead={LAB.lead}>
      <Choice
        label={LAB.benches}
        value={bench}
        options={LAB_BENCHES}
        hint={LAB.benchHint[bench]}
        onChange={setBench}
      />
      {bench === 'operator' ? <OperatorBench /> : null}
      {bench === 'draft' ? <LoadedDraft /> : null}
      {bench === 'model' ? <TraceBench /> : null}
      <Panel title={LAB.aboutTitle}>
        <div className={styles.about}>
          {LAB.about.map((paragraph) => (
            <p key={paragraph}>{paragraph}</p>
          ))}
        </div>
      </Panel>
    </Page>
  );
}

function LoadedDraft() {
  const { page: DraftBench, isLate } = useLatePage(LATE_DRAFT);
  if (DraftBench !== null) return <DraftBench />;
  return <p role="status">{isLate ? GENERAL.loadingLate : GENERAL.loading}</p>;
}
