import { Facts, type Fact } from '../primitives/facts.tsx';
import { Panel } from '../primitives/panel.tsx';
import { instantWords, LEDGER } from './ledger-text.ts';
import styles from './ledger.module.css';
import type { ArchiveView, RecordView } from './record-view.ts';

/** Where the copy of the log stands that outlives its orchestrator. */
export function ArchivePanel({ record }: { readonly record: RecordView }) {
  const { archive } = record;
  return (
    <Panel title={LEDGER.archive} aside={archive?.target}>
      {archive === null ? (
        <p className={styles.quiet}>{LEDGER.archiveNone}</p>
      ) : (
        <Facts facts={archiveFacts(archive, record.size)} />
      )}
    </Panel>
  );
}

function archiveFacts(archive: ArchiveView, size: number) {
  const { confirmedSize, postedSize, confirmedAtMs, failure, retryAtMs, dueAtMs, refused } =
    archive;
  const facts: Fact[] = [
    { label: LEDGER.archiveAt, value: archive.target },
    {
      label: LEDGER.archiveConfirmed,
      value: LEDGER.archiveConfirmedWords(confirmedSize, size),
    },
    {
      label: LEDGER.archiveWhen,
      value: confirmedAtMs === null ? LEDGER.archiveNever : instantWords(confirmedAtMs),
    },
  ];
  if (postedSize > confirmedSize) {
    const value = LEDGER.entriesOf(postedSize - confirmedSize);
    facts.push({ label: LEDGER.archivePosted, value });
  }
  const waiting = size - postedSize;
  if (dueAtMs !== null && waiting > 0) {
    facts.push({ label: LEDGER.archiveDue, value: LEDGER.archiveDueWords(waiting, dueAtMs) });
  }
  if (refused.length > 0) {
    const spans = refused.map(({ first, end }) => LEDGER.archiveRefusedWords(first, end));
    facts.push({ label: LEDGER.archiveRefused, value: spans.join('; ') });
  }
  if (failure !== null) facts.push({ label: LEDGER.archiveFailure, value: failure });
  if (retryAtMs !== null) {
    facts.push({ label: LEDGER.archiveRetry, value: instantWords(retryAtMs) });
  }
  return facts;
}
