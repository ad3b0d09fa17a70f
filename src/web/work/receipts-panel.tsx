import { useState } from 'react';
import type { AgentId } from '../../domain/ids.ts';
import { countWords } from '../amounts.ts';
import { downloadBytes } from '../ledger/download-bytes.ts';
import { instantWords } from '../ledger/ledger-text.ts';
import ledgerStyles from '../ledger/ledger.module.css';
import { Button } from '../primitives/button.tsx';
import { Panel } from '../primitives/panel.tsx';
import { keptReceipt, type KeptReceipt } from './receipt-book.ts';
import { ReceiptWalk } from './receipt-walk.tsx';
import { formatReceipts } from './receipts-file.ts';
import type { Trusted } from './walk-receipt.ts';
import { RECEIPTS, type Credited } from './work-query.ts';
import { WORK } from './work-text.ts';
import styles from './work.module.css';

type ReceiptsPanelProps = {
  readonly agent: AgentId;
  readonly log: string;
  readonly isOnline: boolean;
  readonly trusted: Trusted;
  readonly credited: readonly Credited[];
  readonly kept: readonly number[];
  /** Null: all are shown. */
  readonly onOlder: (() => void) | null;
};

/** The entries that credit this browser, each with its receipt and the walk through it. */
export function ReceiptsPanel(props: ReceiptsPanelProps) {
  const { log, credited, kept, onOlder, agent } = props;
  const [walked, setWalked] = useState<KeptReceipt | null>(null);
  const open = async (index: number): Promise<void> => {
    setWalked(await keptReceipt(RECEIPTS, log, index));
  };
  return (
    <Panel title={WORK.receipts}>
      {walked === null ? null : (
        <ReceiptWalk
          key={walked.index}
          bytes={walked.bytes}
          trusted={props.trusted}
          isOnline={props.isOnline}
          agent={agent}
          ownAgent={agent}
          onClose={() => setWalked(null)}
        />
      )}
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{WORK.columns.entry}</th>
            <th scope="col">{WORK.columns.tasks}</th>
            <th scope="col">{WORK.columns.work}</th>
            <th scope="col">{WORK.columns.receipt}</th>
          </tr>
        </thead>
        <tbody>
          {credited.map((entry) => (
            <CreditedRow
              key={entry.index}
              entry={entry}
              isKept={kept.includes(entry.index)}
              log={log}
              onWalk={() => void open(entry.index)}
            />
          ))}
        </tbody>
      </table>
      <div className={ledgerStyles.actions}>
        {onOlder === null ? null : <Button onClick={onOlder}>{WORK.older}</Button>}
        {kept.length === 0 ? null : (
          <Button onClick={() => void downloadAll(log, kept)}>
            {WORK.downloadAll(kept.length)}
          </Button>
        )}
      </div>
    </Panel>
  );
}

type CreditedRowProps = {
  readonly entry: Credited;
  readonly isKept: boolean;
  readonly log: string;
  readonly onWalk: () => void;
};

function CreditedRow({ entry, isKept, log, onWalk }: CreditedRowProps) {
  const { index, taskCount, units, atMs } = entry;
  return (
    <tr>
      <th scope="row">
        {countWords(index)}
        <span className={styles.sub}>{instantWords(atMs)}</span>
      </th>
      <td data-label={WORK.columns.tasks}>{countWords(taskCount)}</td>
      <td data-label={WORK.columns.work}>{WORK.units(units)}</td>
      <td data-label={WORK.columns.receipt}>
        {isKept ? (
          <span className={ledgerStyles.pager}>
            <Button aria-label={WORK.walkLabel(index)} onClick={onWalk}>
              {WORK.walk}
            </Button>
            <button
              type="button"
              className={ledgerStyles.link}
              aria-label={WORK.downloadLabel(index)}
              onClick={() => void downloadOne(log, index)}
            >
              {WORK.download}
            </button>
          </span>
        ) : (
          <span>{WORK.coming}</span>
        )}
      </td>
    </tr>
  );
}

async function downloadOne(log: string, index: number): Promise<void> {
  const receipt = await keptReceipt(RECEIPTS, log, index);
  if (receipt !== null) downloadBytes(`entry-${index}.tlog-proof`, receipt.bytes);
}

async function downloadAll(log: string, kept: readonly number[]): Promise<void> {
  const receipts = await Promise.all(kept.map((index) => keptReceipt(RECEIPTS, log, index)));
  const bytes = receipts.filter((receipt) => receipt !== null).map((receipt) => receipt.bytes);
  downloadBytes('manyhands.receipts', formatReceipts(bytes));
}
