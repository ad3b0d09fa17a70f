import type { AgentId } from '../../domain/ids.ts';
import { countWords } from '../amounts.ts';
import { proveCredits, type ProvenCredits } from '../ledger/prove-credits.ts';
import { useRecordWork } from '../ledger/use-record-work.ts';
import ledgerStyles from '../ledger/ledger.module.css';
import { functionNamed, type RecordView } from '../ledger/record-view.ts';
import { Button } from '../primitives/button.tsx';
import { Facts } from '../primitives/facts.tsx';
import { Figures } from '../primitives/figures.tsx';
import { Panel } from '../primitives/panel.tsx';
import { RouteLink } from '../primitives/route-link.tsx';
import { PATHS } from '../route.ts';
import { totalLine } from './total-words.ts';
import { useTotal, type CreditsPage } from './work-query.ts';
import { WalkStep } from './walk-steps.tsx';
import { WORK } from './work-text.ts';

type CreditedPanelProps = {
  readonly agent: AgentId;
  readonly record: RecordView | undefined;
  readonly pages: readonly CreditsPage[];
  readonly keptCount: number;
};

/** What this browser's key was credited, and the proof of it on demand. */
export function CreditedPanel({ agent, record, pages, keptCount }: CreditedPanelProps) {
  const credits = record === undefined ? null : functionNamed(record, 'credits');
  const { data: units } = useTotal(credits, agent);
  const { work, start } = useRecordWork<ProvenCredits>();
  const isEmpty = pages.length > 0 && pages.every(({ entries }) => entries.length === 0);
  const newest = pages[0]?.entries[0]?.index ?? null;
  const waiting = pages[0]?.tasksWaiting ?? 0;
  return (
    <Panel title={WORK.credited}>
      <Figures figures={figuresOf(pages, { units, keptCount })} />
      {isEmpty && waiting === 0 ? (
        <p>
          {WORK.empty} <RouteLink href={PATHS.contribute}>{WORK.emptyLink}</RouteLink>
        </p>
      ) : null}
      <Facts facts={[{ label: WORK.key, value: <code>{agent}</code> }]} />
      {record === undefined || credits === null ? null : (
        <div className={ledgerStyles.actions}>
          <Button
            disabled={work.kind === 'running'}
            onClick={() =>
              start((api) =>
                proveCredits(api, {
                  ...{ policy: record.policy, pinned: null, credits, agent },
                  since: newest,
                }),
              )
            }
          >
            {WORK.total}
          </Button>
        </div>
      )}
      <ul role="status">{work.kind === 'idle' ? null : <WalkStep line={totalLine(work)} />}</ul>
    </Panel>
  );
}

function figuresOf(
  pages: readonly CreditsPage[],
  { units, keptCount }: { readonly units: number | undefined; readonly keptCount: number },
) {
  const { figures } = WORK;
  const entries = pages.flatMap((page) => page.entries);
  const isAll = pages.at(-1)?.nextPageToken === '';
  const taskCount = entries.reduce((sum, entry) => sum + entry.taskCount, 0);
  return [
    {
      label: figures.total,
      value: units === undefined ? '–' : countWords(units),
      note: figures.totalNote,
    },
    {
      label: figures.tasks,
      value: countWords(taskCount),
      note: figures.tasksNote(entries.length, isAll),
    },
    {
      label: figures.waiting,
      value: countWords(pages[0]?.tasksWaiting ?? 0),
      note: figures.waitingNote,
    },
    { label: figures.receipts, value: countWords(keptCount), note: figures.receiptsNote },
  ];
}
