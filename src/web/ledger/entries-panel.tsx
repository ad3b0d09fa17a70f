import { useQuery } from '@tanstack/react-query';
import { useId, useState, type FormEvent } from 'react';
import { FailureError } from '../../domain/failure.ts';
import type { ReadEntry } from '../../execution-machine/browser/record-api.ts';
import { Button } from '../primitives/button.tsx';
import { Notice } from '../primitives/notice.tsx';
import { Panel } from '../primitives/panel.tsx';
import { EntriesTable } from './entries-table.tsx';
import { besidePages, pageOf, type EntryPage } from './entry-pages.ts';
import { LEDGER } from './ledger-text.ts';
import styles from './ledger.module.css';
import { RECORD_FILES } from './record-clients.ts';
import type { RecordView } from './record-view.ts';
import { inRecordWorker } from './use-record-work.ts';

/** What stands in the log, the newest first, a bundle a page. */
export function EntriesPanel({ record }: { readonly record: RecordView }) {
  // Null: the newest, also when more come.
  const [index, setIndex] = useState<number | null>(null);
  const size = record.checkpoint.kind === 'trusted' ? record.checkpoint.trusted.checkpoint.size : 0;
  const page = pageOf(index, size);
  const { data, error, isPlaceholderData } = useEntries(record, page);
  return (
    <Panel
      title={LEDGER.entries}
      aside={page === null ? '' : LEDGER.entriesPage(page.start, page.end - 1, size)}
    >
      {page === null ? (
        <p className={styles.quiet}>
          {record.checkpoint.kind === 'refused' ? LEDGER.untrustedYet : LEDGER.entriesEmpty}
        </p>
      ) : (
        <>
          <p className={styles.quiet}>{LEDGER.entriesVerified}</p>
          <Pager page={page} size={size} onGo={setIndex} />
          <div role="status" className={styles.status}>
            {error === null ? null : <Trouble message={error.message} />}
            {data === undefined && error === null ? <p>{LEDGER.entriesLoading}</p> : null}
          </div>
          {data === undefined || error !== null ? null : (
            <div aria-busy={isPlaceholderData}>
              <EntriesTable entries={data} record={record} />
            </div>
          )}
        </>
      )}
    </Panel>
  );
}

function Trouble({ message }: { readonly message: string }) {
  return (
    <Notice>
      <p>
        <strong>{LEDGER.entriesTrouble}</strong>
      </p>
      <p>{message}</p>
    </Notice>
  );
}

type PagerProps = {
  readonly page: EntryPage;
  readonly size: number;
  /** Null: to the newest. */
  readonly onGo: (index: number | null) => void;
};

function Pager({ page, size, onGo }: PagerProps) {
  const id = useId();
  const [wanted, setWanted] = useState('');
  const { olderIndex, newerIndex } = besidePages(page, size);
  const go = (event: FormEvent): void => {
    event.preventDefault();
    const index = Number(wanted);
    if (wanted !== '' && Number.isSafeInteger(index)) onGo(index);
  };
  return (
    <form className={styles.pager} aria-label={LEDGER.pages} onSubmit={go}>
      <Button disabled={newerIndex === null} onClick={() => onGo(null)}>
        {LEDGER.newest}
      </Button>
      <Button disabled={newerIndex === null} onClick={() => onGo(newerIndex)}>
        {LEDGER.newer}
      </Button>
      <Button disabled={olderIndex === null} onClick={() => onGo(olderIndex)}>
        {LEDGER.older}
      </Button>
      <span className={styles.field}>
        <label htmlFor={id}>{LEDGER.goTo}</label>
        <input
          id={id}
          className={styles.number}
          type="number"
          min={0}
          max={size - 1}
          value={wanted}
          onChange={({ target }) => setWanted(target.value)}
        />
      </span>
      <Button onClick={go}>{LEDGER.go}</Button>
    </form>
  );
}

function useEntries({ checkpoint, logKey, keyText }: RecordView, page: EntryPage | null) {
  return useQuery<readonly ReadEntry[], FailureError>({
    // A full bundle never changes, and one at the edge only grows.
    queryKey: ['entries', keyText, page?.bundle, page?.end],
    enabled: page !== null,
    staleTime: Infinity,
    placeholderData: (former) => former,
    structuralSharing: false,
    queryFn: async ({ signal }) => {
      if (checkpoint.kind !== 'trusted' || page === null) throw new Error('a page of a checkpoint');
      const { size, root } = checkpoint.trusted.checkpoint;
      const log = { logKey, head: { size, root }, files: RECORD_FILES };
      const reading = inRecordWorker((api) => api.readEntries(log, page.bundle));
      signal.addEventListener('abort', reading.end);
      const read = await reading.outcome;
      if (!read.ok) throw new FailureError(read.failure);
      return read.value;
    },
  });
}
