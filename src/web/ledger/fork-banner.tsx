import { useQueryClient } from '@tanstack/react-query';
import { Button } from '../primitives/button.tsx';
import { Notice } from '../primitives/notice.tsx';
import { downloadBytes } from './download-bytes.ts';
import { LEDGER } from './ledger-text.ts';
import styles from './ledger.module.css';
import { followOther, type PinState } from './pin-book.ts';
import { PINS } from './record-query.ts';
import type { FoundFork, RecordView } from './record-view.ts';

type SeenProps = { readonly record: RecordView; readonly pin: PinState | undefined };

/** A proof for each log that showed two histories: found here, or by the orchestrator. One suffices. */
export function ForkBanner({ record, pin }: SeenProps) {
  const forks = pin?.kind === 'forked' ? [pin.fork, ...record.forks] : record.forks;
  const firsts = forks.filter(
    ({ origin }, at) => forks.findIndex((fork) => fork.origin === origin) === at,
  );
  return firsts.map((fork) => <Fork key={fork.origin} fork={fork} />);
}

function Fork({ fork }: { readonly fork: FoundFork }) {
  const { older, newer } = fork.proof;
  return (
    <div role="alert">
      <Notice>
        <p>
          <strong>{LEDGER.forkTitle}</strong>
        </p>
        <p>{LEDGER.forkDetail(fork.origin, older.checkpoint.size, newer.checkpoint.size)}</p>
        <div>
          <Button onClick={() => downloadBytes('fork-proof.cbor', fork.bytes)}>
            {LEDGER.forkDownload}
          </Button>
        </div>
      </Notice>
    </div>
  );
}

/** That this address showed another log before: a new key is no fork, and no proof of innocence. */
export function OtherLogNotice({ record, pin }: SeenProps) {
  const queries = useQueryClient();
  if (pin?.kind !== 'other-log') return null;
  const follow = async (): Promise<void> => {
    await followOther(PINS);
    await queries.invalidateQueries({ queryKey: ['pin'] });
  };
  return (
    <div role="alert">
      <Notice>
        <p>
          <strong>{LEDGER.otherTitle}</strong>
        </p>
        <p className={styles.breaking}>{LEDGER.otherDetail(pin.before, record.keyText)}</p>
        <div>
          <Button onClick={() => void follow()}>{LEDGER.otherFollow}</Button>
        </div>
      </Notice>
    </div>
  );
}
