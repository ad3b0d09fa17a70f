import type { RecordVerdict } from '../../execution-machine/verify/record-check.ts';
import { encodeBase64url } from '../../integrity/index.ts';
import { encodeForkProof } from '../../ledger/index.ts';
import { Badge } from '../primitives/badge.tsx';
import { Button } from '../primitives/button.tsx';
import { Facts, type Fact } from '../primitives/facts.tsx';
import { downloadBytes } from './download-bytes.ts';
import { LEDGER } from './ledger-text.ts';
import styles from './ledger.module.css';
import { differenceWords, foundWords } from './verdict-words.ts';

type VerdictReportProps = { readonly verdict: RecordVerdict; readonly tookMs: number };

/** What verification came to, in plain words, and the first thing that differs. */
export function VerdictReport({ verdict, tookMs }: VerdictReportProps) {
  const { difference } = verdict;
  const isGood = difference === null;
  return (
    <>
      <p>
        <Badge tone={isGood ? 'good' : 'bad'}>
          {isGood ? LEDGER.verifyGood : LEDGER.verifyBad}
        </Badge>
      </p>
      {difference === null ? null : (
        <p>
          <strong>{differenceWords(difference)}</strong>
        </p>
      )}
      <ul className={styles.found}>
        {foundWords(verdict).map((words) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
      <Facts facts={rootFacts(verdict)} />
      {difference?.kind === 'forked' ? (
        <div>
          <Button
            onClick={() => downloadBytes('fork-proof.cbor', encodeForkProof(difference.proof))}
          >
            {LEDGER.forkDownload}
          </Button>
        </div>
      ) : null}
      <p className={styles.quiet}>{LEDGER.verified.took(tookMs)}</p>
    </>
  );
}

function rootFacts({ difference, folded }: RecordVerdict): readonly Fact[] {
  const shown = (root: Uint8Array) => <code>{encodeBase64url(root)}</code>;
  if (difference?.kind === 'root') {
    return [
      { label: LEDGER.differs.claimed, value: shown(difference.claimed) },
      { label: LEDGER.differs.found, value: shown(difference.found) },
    ];
  }
  if (folded === null) return [];
  return [{ label: LEDGER.verified.root, value: shown(folded.root) }];
}
