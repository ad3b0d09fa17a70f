import { useState } from 'react';
import type { AgentId } from '../../domain/ids.ts';
import { RECEIPTS_FILE_BYTES_MAX } from '../../domain/limits.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import ledgerStyles from '../ledger/ledger.module.css';
import { FileDrop } from '../primitives/file-drop.tsx';
import { Notice } from '../primitives/notice.tsx';
import { Panel } from '../primitives/panel.tsx';
import { ReceiptWalk } from './receipt-walk.tsx';
import { receiptsIn } from './receipts-file.ts';
import { walkHolds, walkReceipt, type Trusted, type Walk } from './walk-receipt.ts';
import { WORK } from './work-text.ts';

type OpenedReceipt = { readonly bytes: Uint8Array; readonly walk: Outcome<Walk> };

type ReceiptFileProps = {
  readonly trusted: Trusted | null;
  readonly isOnline: boolean;
  readonly ownAgent: AgentId | undefined;
};

/** Verifies receipts of anybody's, from their bytes alone. */
export function ReceiptFile({ trusted, isOnline, ownAgent }: ReceiptFileProps) {
  const [opened, setOpened] = useState<Outcome<readonly OpenedReceipt[]> | null>(null);
  const [walked, setWalked] = useState<Uint8Array | null>(null);
  const [round, setRound] = useState(0);
  const open = async (bytes: Uint8Array): Promise<void> => {
    if (trusted === null) return;
    const receipts = receiptsIn(bytes);
    if (!receipts.ok) return setOpened(receipts);
    const walks: OpenedReceipt[] = [];
    for (const one of receipts.value) {
      walks.push({ bytes: one, walk: await walkReceipt(trusted, one) });
    }
    setOpened(succeed(walks));
    setRound((last) => last + 1);
    setWalked(walks.length === 1 ? (walks[0]?.bytes ?? null) : null);
  };
  if (trusted === null) {
    return (
      <Panel title={WORK.file}>
        <p>{WORK.fileTrust}</p>
      </Panel>
    );
  }
  return (
    <Panel title={WORK.file}>
      <div className={ledgerStyles.stack}>
        <FileDrop
          label={WORK.fileChoose}
          orDrop={WORK.fileDrop}
          hint={WORK.fileHint}
          accept=".tlog-proof,.receipts"
          bytesMax={RECEIPTS_FILE_BYTES_MAX}
          largeWords={WORK.fileLarge(RECEIPTS_FILE_BYTES_MAX)}
          onOpen={({ bytes }) => void open(bytes)}
        />
        <div role="status">{opened === null ? null : <FileVerdict opened={opened} />}</div>
        {walked === null || opened === null ? null : (
          <ReceiptWalk
            key={round}
            bytes={walked}
            trusted={trusted}
            isOnline={isOnline}
            agent={null}
            ownAgent={ownAgent}
            onClose={() => setWalked(null)}
          />
        )}
      </div>
    </Panel>
  );
}

function FileVerdict({ opened }: { readonly opened: Outcome<readonly OpenedReceipt[]> }) {
  if (!opened.ok) {
    return (
      <Notice>
        <p>
          <strong>{WORK.fileRefused}</strong>
        </p>
        <p>{opened.failure.message}</p>
      </Notice>
    );
  }
  const bad = opened.value.filter(({ walk }) => !walk.ok || !walkHolds(walk.value));
  const count = opened.value.length;
  if (bad.length > 0) return <Notice>{WORK.fileFails(bad.length, count)}</Notice>;
  return <p>{WORK.fileHolds(count)}</p>;
}
