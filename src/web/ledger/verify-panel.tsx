import { useId, useState } from 'react';
import { openStoredKey } from '../../agent/browser/index.ts';
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { RecordApi } from '../../execution-machine/browser/record-api.ts';
import type { RecordVerdict, VerifyProgress } from '../../execution-machine/verify/record-check.ts';
import { Button } from '../primitives/button.tsx';
import { Choice } from '../primitives/choice.tsx';
import { Notice } from '../primitives/notice.tsx';
import { Panel } from '../primitives/panel.tsx';
import { ProgressBar } from '../primitives/progress-bar.tsx';
import { pageOf } from './entry-pages.ts';
import { LEDGER } from './ledger-text.ts';
import styles from './ledger.module.css';
import { pinnedOf } from './pin-book.ts';
import { proveCredits } from './prove-credits.ts';
import { RECORD_FILES } from './record-clients.ts';
import { PINS } from './record-query.ts';
import { functionNamed, type RecordView } from './record-view.ts';
import { useRecordWork, type RecordWork } from './use-record-work.ts';
import { VerdictReport } from './verdict-report.tsx';

type Level = keyof typeof LEDGER.verifyHint;

const LEVELS: readonly { readonly value: Level; readonly label: string }[] = [
  { value: 'consistency', label: 'Checkpoint' },
  { value: 'balance', label: 'My credits' },
  { value: 'tile', label: '256 entries' },
  { value: 'full', label: 'Everything' },
];

/** A verdict, and how long this tab took for it. */
type Verified = { readonly verdict: RecordVerdict; readonly tookMs: number };

/** Checks the record again, in a worker of this tab, as thoroughly as the visitor likes. */
export function VerifyPanel({ record }: { readonly record: RecordView }) {
  const [level, setLevel] = useState<Level>('consistency');
  const [tile, setTile] = useState<number | null>(null);
  const { work, start, stop } = useRecordWork<Verified, VerifyProgress>();
  const size = record.checkpoint.kind === 'trusted' ? record.checkpoint.trusted.checkpoint.size : 0;
  const newest = pageOf(null, size);
  if (newest === null) {
    return (
      <Panel title={LEDGER.verify}>
        <p className={styles.quiet}>
          {record.checkpoint.kind === 'refused' ? LEDGER.untrustedYet : LEDGER.verifyNothing}
        </p>
      </Panel>
    );
  }
  const chosen = Math.min(tile ?? newest.bundle, newest.bundle);
  const verify = (): void => {
    start(async (api, onProgress) => {
      const startedAtMs = performance.now();
      const verified = await verdictOf(api, { record, level, tile: chosen, onProgress });
      if (!verified.ok) return verified;
      return succeed({ verdict: verified.value, tookMs: performance.now() - startedAtMs });
    });
  };
  return (
    <Panel title={LEDGER.verify}>
      <div className={styles.stack}>
        <Choice
          label={LEDGER.verifyLevel}
          value={level}
          options={LEVELS}
          hint={LEDGER.verifyHint[level]}
          onChange={setLevel}
        />
        {level === 'tile' ? <TileField tile={chosen} size={size} onChange={setTile} /> : null}
      </div>
      <div className={styles.actions}>
        {work.kind === 'running' ? (
          <Button onClick={stop}>{LEDGER.verifyStop}</Button>
        ) : (
          <Button onClick={verify}>{LEDGER.verifyStart}</Button>
        )}
      </div>
      <Verification work={work} />
    </Panel>
  );
}

/** The verdict at a level, held to what this browser saw before. */
async function verdictOf(
  api: RecordApi,
  of: {
    readonly record: RecordView;
    readonly level: Level;
    readonly tile: number;
    readonly onProgress: (progress: VerifyProgress) => void;
  },
): Promise<Outcome<RecordVerdict>> {
  const { record, level, tile, onProgress } = of;
  const { policy } = record;
  const pinned = await pinnedOf(PINS, record.keyText);
  if (level !== 'balance') {
    const check = level === 'tile' ? { level, tile } : { level };
    return api.verify({ files: RECORD_FILES, policy, pinned, check }, onProgress);
  }
  const key = await openStoredKey();
  if (!key.ok) return key;
  const credits = functionNamed(record, 'credits');
  if (credits === null) return fail(failure('input_invalid', LEDGER.verifyNoCredits));
  const { agent } = key.value;
  const proven = await proveCredits(api, { policy, pinned, credits, agent, since: null });
  return proven.ok ? succeed(proven.value.verdict) : proven;
}

type TileFieldProps = {
  readonly tile: number;
  readonly size: number;
  readonly onChange: (tile: number) => void;
};

/** Which bundle of the log: named by its first entry's number, so that a long log has no long list. */
function TileField({ tile, size, onChange }: TileFieldProps) {
  const id = useId();
  const page = pageOf(tile * 256, size);
  const last = pageOf(null, size)?.bundle ?? 0;
  return (
    <span className={styles.field}>
      <label htmlFor={id}>{LEDGER.verifyTile}</label>
      <span className={styles.pager}>
        <input
          id={id}
          className={styles.number}
          type="number"
          min={0}
          max={last}
          value={tile}
          onChange={({ target }) => {
            const wanted = target.valueAsNumber;
            if (Number.isSafeInteger(wanted)) onChange(Math.min(last, Math.max(0, wanted)));
          }}
        />
        <span className={styles.quiet}>
          {page === null ? '' : LEDGER.verifyTileWords(page.start, page.end - 1)}
        </span>
      </span>
    </span>
  );
}

function Verification({ work }: { readonly work: RecordWork<Verified, VerifyProgress> }) {
  if (work.kind === 'running') return <Progress progress={work.progress} />;
  return (
    <div role="status" className={styles.status}>
      {work.kind === 'failed' ? (
        <Notice>
          <p>
            <strong>{LEDGER.verifyHindered}</strong>
          </p>
          <p>{work.failure.message}</p>
        </Notice>
      ) : null}
      {work.kind === 'done' ? (
        <VerdictReport verdict={work.value.verdict} tookMs={work.value.tookMs} />
      ) : null}
    </div>
  );
}

function Progress({ progress }: { readonly progress: VerifyProgress | null }) {
  if (progress === null) return <p role="status">{LEDGER.verifyBegun}</p>;
  const { entryCount, entriesTotal, byteCount, secondsLeft } = progress;
  const words = LEDGER.verifyProgress(entryCount, entriesTotal, byteCount);
  const left = secondsLeft === null ? '' : LEDGER.verifyLeft(secondsLeft * 1_000);
  return (
    <div className={styles.status}>
      <p>
        {words}
        {left}
      </p>
      <ProgressBar
        label={LEDGER.verifyRunning}
        done={entryCount}
        total={entriesTotal}
        words={words}
      />
    </div>
  );
}
