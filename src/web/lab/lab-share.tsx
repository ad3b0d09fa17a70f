import { useState } from 'react';
import { Button } from '../primitives/button.tsx';
import { PATHS } from '../route.ts';
import { labRunToHash, labRunToJson } from './lab-link.ts';
import type { LabRun } from './lab-run.ts';
import { LAB } from './lab-text.ts';
import styles from './lab.module.css';

/** Gives a finished run away, as a link that holds it or as a file. No server sees either. */
export function LabShare({ run }: { readonly run: LabRun }) {
  const [said, setSaid] = useState('');
  const copy = async (): Promise<void> => {
    const hash = `#${labRunToHash(run)}`;
    // What is behind "#" stays in the browser.
    history.replaceState(history.state, '', `${PATHS.lab}${hash}`);
    try {
      await navigator.clipboard.writeText(location.href);
      setSaid(LAB.copied);
    } catch {
      setSaid(LAB.copyFailed);
    }
  };
  return (
    <div className={styles.share}>
      <Button onClick={() => void copy()}>{LAB.copy}</Button>
      <Button onClick={() => download(run)}>{LAB.download}</Button>
      <span role="status">{said}</span>
    </div>
  );
}

function download(run: LabRun): void {
  const url = URL.createObjectURL(new Blob([labRunToJson(run)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `lab-${run.operator}-${run.size.join('x')}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
