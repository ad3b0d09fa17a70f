import { useId, useState } from 'react';
import type { AgentId } from '../../domain/ids.ts';
import { useWrite } from '../governance/use-write.ts';
import { WriteSaid } from '../governance/write-said.tsx';
import { instantWords } from '../ledger/ledger-text.ts';
import ledgerStyles from '../ledger/ledger.module.css';
import { functionNamed, type RecordView } from '../ledger/record-view.ts';
import { Button } from '../primitives/button.tsx';
import { Facts, type Fact } from '../primitives/facts.tsx';
import { Panel } from '../primitives/panel.tsx';
import { shortIdOf } from '../short-id.ts';
import type { StandingView } from './standing-view.ts';
import { useStanding } from './work-query.ts';
import { WORK } from './work-text.ts';

/** As the function has it. Characters. */
const WORDS_MAX = 500;

type StandingPanelProps = { readonly agent: AgentId; readonly record: RecordView };

/** The quarantine that this browser's key is in, and its appeal; nothing where it is in none. */
export function StandingPanel({ agent, record }: StandingPanelProps) {
  const standing = functionNamed(record, 'standing');
  const { data: view } = useStanding(standing, agent);
  if (standing === null || view === undefined || view === null) return null;
  return (
    <Panel title={WORK.quarantine}>
      <div className={ledgerStyles.stack}>
        <p>{WORK.quarantineWords(instantWords(view.untilMs))}</p>
        <Facts facts={factsOf(view)} />
        {view.appeal === null ? <AppealForm record={record} standing={standing} /> : null}
      </div>
    </Panel>
  );
}

function factsOf({ evidence, appeal, decision }: StandingView) {
  const facts: Fact[] = [{ label: WORK.quarantineWhy, value: evidence }];
  if (appeal !== null) {
    facts.push({ label: WORK.appealed(instantWords(appeal.atMs)), value: appeal.words });
    facts.push({
      label: WORK.decision,
      value:
        decision === null
          ? WORK.decisionWaits
          : WORK.decided(shortIdOf(decision.judge), decision.words),
    });
  }
  return facts;
}

function AppealForm(of: { readonly record: RecordView; readonly standing: string }) {
  const id = useId();
  const [words, setWords] = useState('');
  const { said, isBad, isWriting, write } = useWrite(of.record);
  return (
    <div className={ledgerStyles.stack}>
      <span className={ledgerStyles.field}>
        <label htmlFor={`${id}-words`}>{WORK.appealWords}</label>
        <textarea
          id={`${id}-words`}
          rows={3}
          maxLength={WORDS_MAX}
          aria-describedby={`${id}-hint`}
          value={words}
          onChange={({ target }) => setWords(target.value)}
        />
      </span>
      <p id={`${id}-hint`} className={ledgerStyles.quiet}>
        {WORK.appealHint}
      </p>
      <div>
        <Button
          disabled={isWriting || words.trim() === ''}
          onClick={() => void write(of.standing, { kind: 'appeal', words })}
        >
          {WORK.appeal}
        </Button>
      </div>
      <WriteSaid said={said} isBad={isBad} />
    </div>
  );
}
