import { useEffect, useId, useState } from 'react';
import { tryDraftApart, type Draft, type DraftFinding } from '../../agent/browser/workshop.ts';
import { DRAFT_BYTES_MAX, WORKSHOP_SILENCE_MS } from '../../domain/limits.ts';
import { OPERATORS, type OperatorName } from '../../domain/operator.ts';
import { Button } from '../primitives/button.tsx';
import { Choice } from '../primitives/choice.tsx';
import { FileDrop } from '../primitives/file-drop.tsx';
import { Panel } from '../primitives/panel.tsx';
import { PRIMITIVE_NAMES } from '../text.ts';
import { ApartStatus } from './apart-status.tsx';
import { DraftOutcome } from './draft-outcome.tsx';
import { DRAFT, LANGUAGES, type Language } from './draft-text.ts';
import { LAB } from './lab-text.ts';
import styles from './lab.module.css';
import { useApart } from './use-apart.ts';
import { WgslEditor } from './wgsl-editor.tsx';

const NONE = [] as const;

/** Somebody's own kernel against an operator's published vectors. */
export function DraftBench() {
  const { state, start, cancel } = useApart<DraftFinding>();
  const [operator, setOperator] = useState<OperatorName>('softmax');
  const [language, setLanguage] = useState<Language>('wgsl');
  const [source, setSource] = useState('');
  const id = useId();
  useEffect(() => void beginWith(operator, setSource), [operator]);

  const begin = (draft: Draft): void => {
    const silenceMs = WORKSHOP_SILENCE_MS;
    start((how) => tryDraftApart(draft, { ...how, silenceMs, isTimed: true }));
  };
  const finding = state.kind === 'done' ? state.value : null;
  const messages = finding !== null && 'messages' in finding ? finding.messages : NONE;
  return (
    <>
      <Panel title={DRAFT.title}>
        <p className={styles.hint}>{DRAFT.lead}</p>
        <div className={styles.fields}>
          <div className={styles.field}>
            <label htmlFor={id}>{DRAFT.operator}</label>
            <select
              id={id}
              className={styles.select}
              value={operator}
              onChange={({ target }) => {
                setOperator(OPERATORS.find((name) => name === target.value) ?? operator);
              }}
            >
              {OPERATORS.map((name) => (
                <option key={name} value={name}>
                  {PRIMITIVE_NAMES[name]}
                </option>
              ))}
            </select>
          </div>
          <Choice
            label={DRAFT.language}
            value={language}
            options={LANGUAGES}
            hint={DRAFT.languageHint[language]}
            onChange={setLanguage}
          />
        </div>
        {language === 'wgsl' ? (
          <WgslEditor
            label={DRAFT.editor}
            source={source}
            messages={messages}
            onChange={setSource}
          />
        ) : (
          <FileDrop
            label={DRAFT.choose}
            orDrop={DRAFT.drop}
            hint={DRAFT.fileHint}
            accept=".wasm,application/wasm"
            bytesMax={DRAFT_BYTES_MAX}
            largeWords={DRAFT.large}
            onOpen={({ bytes: module }) => begin({ kind: 'wasm', operator, module })}
          />
        )}
        <div className={styles.share}>
          {state.kind === 'running' ? (
            <Button onClick={cancel}>{LAB.cancel}</Button>
          ) : language === 'wgsl' ? (
            <>
              <Button look="primary" onClick={() => begin({ kind: 'wgsl', operator, source })}>
                {DRAFT.start}
              </Button>
              <Button onClick={() => void beginWith(operator, setSource)}>{DRAFT.ours}</Button>
            </>
          ) : null}
        </div>
      </Panel>
      <ApartStatus state={state} starting={DRAFT.compiling} />
      {finding === null ? null : <DraftOutcome finding={finding} />}
    </>
  );
}

/** The network's own shader, whose code comes only now. */
async function beginWith(operator: OperatorName, give: (source: string) => void): Promise<void> {
  const { wgslContract } = await import('../../agent/browser/wgsl-source.ts');
  give(wgslContract(operator).source);
}
