import { useState } from 'react';
import type { ReadEntry } from '../../execution-machine/browser/record-api.ts';
import { failureFromConnect } from '../../wire/index.ts';
import { countWords } from '../amounts.ts';
import { Facts } from '../primitives/facts.tsx';
import { downloadBytes } from './download-bytes.ts';
import { bodyText, entryWords, ownerWords } from './entry-words.ts';
import { instantWords, LEDGER } from './ledger-text.ts';
import styles from './ledger.module.css';
import { CALL_MS, ledgerClient } from './record-clients.ts';
import type { RecordView } from './record-view.ts';

type EntriesTableProps = {
  readonly entries: readonly ReadEntry[];
  readonly record: RecordView;
};

/** Entries, the newest first, each with all of it and its receipt. */
export function EntriesTable({ entries, record }: EntriesTableProps) {
  const { columns } = LEDGER;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{columns.index}</th>
          <th scope="col">{columns.about}</th>
          <th scope="col">{columns.owner}</th>
          <th scope="col">{columns.more}</th>
        </tr>
      </thead>
      <tbody>
        {entries.toReversed().map((entry) => (
          <EntryRow key={entry.index} entry={entry} record={record} />
        ))}
      </tbody>
    </table>
  );
}

function EntryRow({ entry, record }: { readonly entry: ReadEntry; readonly record: RecordView }) {
  const { columns } = LEDGER;
  return (
    <tr>
      <th scope="row">{countWords(entry.index)}</th>
      <td data-label={columns.about}>
        <div>
          {entryWords(entry.about, record.functions)}
          {entry.atMs === null || entry.about.kind === 'time' ? null : (
            <span className={styles.sub}>{instantWords(entry.atMs)}</span>
          )}
        </div>
      </td>
      <td data-label={columns.owner}>{ownerWords(entry, record.logKey)}</td>
      <td data-label={columns.more}>
        <div>
          <EntryReceipt index={entry.index} />
          <details className={styles.raw}>
            <summary>{LEDGER.raw}</summary>
            <RawEntry entry={entry} />
          </details>
        </div>
      </td>
    </tr>
  );
}

function EntryReceipt({ index }: { readonly index: number }) {
  const [said, setSaid] = useState('');
  const download = async (): Promise<void> => {
    try {
      const about = { index: BigInt(index) };
      const { receipt } = await ledgerClient.getReceipt(about, { timeoutMs: CALL_MS });
      downloadBytes(`entry-${index}.tlog-proof`, receipt);
      setSaid('');
    } catch (error) {
      setSaid(LEDGER.receiptFailed(failureFromConnect(error).message));
    }
  };
  return (
    <>
      <button
        type="button"
        className={styles.link}
        aria-label={LEDGER.receiptLabel(index)}
        onClick={() => void download()}
      >
        {LEDGER.receipt}
      </button>
      <span role="status" className={styles.quiet}>
        {said}
      </span>
    </>
  );
}

function RawEntry({ entry }: { readonly entry: ReadEntry }) {
  const { id, owner, tags, byteLength, body } = entry;
  return (
    <>
      <Facts
        facts={[
          { label: LEDGER.rawId, value: <code>{id}</code> },
          { label: LEDGER.rawOwner, value: <code>{owner}</code> },
          { label: LEDGER.rawBytes, value: LEDGER.bytes(byteLength) },
          {
            label: LEDGER.rawTags,
            value: tags.map(({ name, value }) => `${name}: ${value}`).join(', '),
          },
        ]}
      />
      <pre className={styles.body}>{bodyText(body)}</pre>
    </>
  );
}
