import { useId, useState, type DragEvent } from 'react';
import { EVIDENCE_BYTES_MAX } from '../../domain/limits.ts';
import type { EvidenceSource } from '../../orchestrator/evidence/replay-message.ts';
import { EVIDENCE } from '../evidence-text.ts';
import { Panel } from '../primitives/panel.tsx';
import styles from './evidence-file.module.css';

/** A bundle of the visitor's own. */
export type OpenedFile = { readonly name: string; readonly source: EvidenceSource };

/** Takes a bundle by choosing or dropping it. */
export function EvidenceFile({ onOpen }: { readonly onOpen: (file: OpenedFile) => void }) {
  const id = useId();
  const [isOver, setOver] = useState(false);
  const [isLarge, setLarge] = useState(false);
  const open = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    setLarge(file.size > EVIDENCE_BYTES_MAX);
    if (file.size > EVIDENCE_BYTES_MAX) return;
    const bytes = new Uint8Array(await file.arrayBuffer());
    onOpen({ name: file.name, source: { kind: 'file', bytes } });
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    void open(event.dataTransfer.files[0]);
  };
  const over = (event: DragEvent): void => {
    // Without this the browser would open the file itself.
    event.preventDefault();
    setOver(true);
  };
  return (
    <Panel title={EVIDENCE.file}>
      <div
        className={styles.drop}
        data-over={isOver}
        onDragOver={over}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <label className={styles.choose} htmlFor={id}>
          {EVIDENCE.fileChoose}
        </label>
        <input
          id={id}
          className={styles.input}
          type="file"
          accept=".evidence"
          aria-describedby={`${id}-hint`}
          onChange={({ target }) => void open(target.files?.[0])}
        />
        <span className={styles.or}>{EVIDENCE.fileDrop}</span>
        <p id={`${id}-hint`} className={styles.hint}>
          {EVIDENCE.fileHint}
        </p>
        <p role="alert" className={styles.large}>
          {isLarge ? EVIDENCE.fileLarge(EVIDENCE_BYTES_MAX) : null}
        </p>
      </div>
    </Panel>
  );
}
