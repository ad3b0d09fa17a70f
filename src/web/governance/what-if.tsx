import type { AgentId } from '../../domain/ids.ts';
import type { ReadProgress } from '../../execution-machine/browser/record-api.ts';
import type { Move } from '../../execution-machine/what-if.ts';
import ledgerStyles from '../ledger/ledger.module.css';
import { RECORD_FILES } from '../ledger/record-clients.ts';
import type { RecordView } from '../ledger/record-view.ts';
import { useRecordWork, type RecordWork } from '../ledger/use-record-work.ts';
import { Button } from '../primitives/button.tsx';
import { Notice } from '../primitives/notice.tsx';
import { ProgressBar } from '../primitives/progress-bar.tsx';
import { shortIdOf } from '../short-id.ts';
import type { FunctionView } from './governance-query.ts';
import { GOVERNANCE } from './governance-text.ts';
import styles from './governance.module.css';

/** Whose rows have a place: keys, by the credits that they have. */
const PREFIX = 'total/';
const SHOWN_MAX = 50;

type WhatIfProps = {
  readonly record: RecordView;
  readonly view: FunctionView;
  readonly source: string;
  readonly ownAgent: AgentId | undefined;
};

/** Runs the whole ledger under another source, in a worker, and tells who would change place. */
export function WhatIf({ record, view, source, ownAgent }: WhatIfProps) {
  const { work, start, stop } = useRecordWork<readonly Move[], ReadProgress>();
  const { checkpoint, logKey } = record;
  if (view.name !== 'credits') {
    return <p className={ledgerStyles.quiet}>{GOVERNANCE.whatIfOnly}</p>;
  }
  const run = (): void => {
    if (checkpoint.kind !== 'trusted') return;
    const { size, root } = checkpoint.trusted.checkpoint;
    const log = { logKey, head: { size, root }, files: RECORD_FILES };
    const order = { log, suppose: { function: view.id, source }, prefix: PREFIX };
    start((api, onProgress) => api.whatIf(order, onProgress));
  };
  return (
    <section aria-label={GOVERNANCE.whatIf} className={ledgerStyles.stack}>
      <div>
        {work.kind === 'running' ? (
          <Button onClick={stop}>{GOVERNANCE.whatIfStop}</Button>
        ) : (
          <Button disabled={checkpoint.kind !== 'trusted'} onClick={run}>
            {GOVERNANCE.whatIfStart}
          </Button>
        )}
      </div>
      <div role="status">
        <WhatIfCourse work={work} />
      </div>
      {work.kind === 'done' && work.value.length > 0 ? (
        <Moves moves={work.value.slice(0, SHOWN_MAX)} ownAgent={ownAgent} />
      ) : null}
    </section>
  );
}

function WhatIfCourse({ work }: { readonly work: RecordWork<readonly Move[], ReadProgress> }) {
  switch (work.kind) {
    case 'idle':
      return null;
    case 'running': {
      const { entries, of } = work.progress ?? { entries: 0, of: 1 };
      const words = GOVERNANCE.whatIfProgress(entries, of);
      return (
        <>
          <p>{GOVERNANCE.whatIfRunning}</p>
          <ProgressBar label={GOVERNANCE.whatIfRunning} done={entries} total={of} words={words} />
        </>
      );
    }
    case 'failed':
      return (
        <Notice>
          <p>
            <strong>{GOVERNANCE.whatIfFailed}</strong>
          </p>
          <p>{work.failure.message}</p>
        </Notice>
      );
    case 'done':
      if (work.value.length === 0) return <p>{GOVERNANCE.whatIfNone}</p>;
      return (
        <p>
          {GOVERNANCE.whatIfMoves(work.value.length)}{' '}
          {work.value.length > SHOWN_MAX ? GOVERNANCE.whatIfShown(SHOWN_MAX) : ''}
        </p>
      );
  }
}

type MovesProps = { readonly moves: readonly Move[]; readonly ownAgent: AgentId | undefined };

function Moves({ moves, ownAgent }: MovesProps) {
  const { whatIfColumns: columns } = GOVERNANCE;
  return (
    <table className={styles.moves}>
      <thead>
        <tr>
          <th scope="col">{columns.key}</th>
          <th scope="col">{columns.before}</th>
          <th scope="col">{columns.after}</th>
        </tr>
      </thead>
      <tbody>
        {moves.map(({ key, before, after, placeBefore, placeAfter }) => (
          <tr key={key}>
            <th scope="row">
              {key === `${PREFIX}${ownAgent}`
                ? GOVERNANCE.you
                : shortIdOf(key.slice(PREFIX.length))}
            </th>
            <td data-label={columns.before}>{placeWords(placeBefore, before)}</td>
            <td data-label={columns.after}>{placeWords(placeAfter, after)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function placeWords(place: number | null, units: number | null): string {
  if (place === null) return GOVERNANCE.whatIfNowhere;
  return GOVERNANCE.whatIfPlace(place, units ?? 0);
}
