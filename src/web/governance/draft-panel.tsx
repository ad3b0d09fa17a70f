import { useId, useState } from 'react';
import type { AgentId } from '../../domain/ids.ts';
import { codeIdOf } from '../../execution-machine/function-id.ts';
import ledgerStyles from '../ledger/ledger.module.css';
import type { RecordView } from '../ledger/record-view.ts';
import { Button } from '../primitives/button.tsx';
import { Panel } from '../primitives/panel.tsx';
import { useProposals, type FunctionView } from './governance-query.ts';
import { GOVERNANCE } from './governance-text.ts';
import { ProposeForm } from './propose-form.tsx';
import { useWrite, type Writing } from './use-write.ts';
import { WhatIf } from './what-if.tsx';
import { WriteSaid } from './write-said.tsx';

type DraftPanelProps = {
  readonly record: RecordView;
  readonly functions: readonly FunctionView[];
  readonly governance: FunctionView;
  readonly ownAgent: AgentId | undefined;
};

/** Another source for a function: what it would change, and the proposal of it. */
export function DraftPanel({ record, functions, governance, ownAgent }: DraftPanelProps) {
  const id = useId();
  const changeable = functions.filter((one) => one.governance === governance.id);
  const [chosen, setChosen] = useState('credits');
  // Null: as it runs, also when that changes.
  const [text, setText] = useState<string | null>(null);
  // Here, since a form goes once its proposal is there.
  const writing = useWrite(record);
  const { data: proposals } = useProposals(governance.id);
  const view = changeable.find(({ name }) => name === chosen) ?? changeable[0];
  if (view === undefined) return null;
  const source = text ?? view.source;
  const code = codeIdOf({ engine: view.engine, source });
  const proposal = proposals?.find((one) => one.code === code && one.function === view.id);
  const isSame = code === view.code;
  return (
    <Panel title={GOVERNANCE.draft}>
      <div className={ledgerStyles.stack}>
        <p className={ledgerStyles.quiet}>{GOVERNANCE.draftLead}</p>
        <span className={ledgerStyles.field}>
          <label htmlFor={`${id}-function`}>{GOVERNANCE.draftFunction}</label>
          <select
            id={`${id}-function`}
            value={view.name}
            onChange={({ target }) => {
              setChosen(target.value);
              setText(null);
            }}
          >
            {changeable.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </span>
        <span className={ledgerStyles.field}>
          <label htmlFor={`${id}-source`}>{GOVERNANCE.draftSource}</label>
          <textarea
            id={`${id}-source`}
            className={ledgerStyles.source}
            rows={16}
            spellCheck={false}
            aria-describedby={`${id}-code`}
            value={source}
            onChange={({ target }) => setText(target.value)}
          />
        </span>
        <p id={`${id}-code`} className={`${ledgerStyles.quiet} ${ledgerStyles.breaking}`}>
          {isSame ? GOVERNANCE.draftSame : GOVERNANCE.draftCode(code)}{' '}
          {proposal === undefined ? '' : GOVERNANCE.draftProposed(proposal.number)}
        </p>
        {isSame ? null : (
          <div>
            <Button onClick={() => setText(null)}>{GOVERNANCE.draftReset}</Button>
          </div>
        )}
        {proposal?.state === 'enacted' && !isSame ? (
          <Upgrade writing={writing} view={view} source={source} />
        ) : null}
        <WhatIf key={code} record={record} view={view} source={source} ownAgent={ownAgent} />
        {isSame || proposal !== undefined ? null : (
          <ProposeForm writing={writing} governance={governance.id} view={view} code={code} />
        )}
        <WriteSaid said={writing.said} isBad={writing.isBad} />
      </div>
    </Panel>
  );
}

type UpgradeProps = {
  readonly writing: Writing;
  readonly view: FunctionView;
  readonly source: string;
};

/** Hands in the source that was decided on: from then on it runs. */
function Upgrade({ writing, view, source }: UpgradeProps) {
  const { engine, id } = view;
  return (
    <>
      <p>{GOVERNANCE.upgradeHint}</p>
      <div>
        <Button
          disabled={writing.isWriting}
          onClick={() => void writing.write('upgrade', { engine, function: id, source })}
        >
          {GOVERNANCE.upgrade}
        </Button>
      </div>
    </>
  );
}
