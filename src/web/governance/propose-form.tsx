import { useId, useState } from 'react';
import ledgerStyles from '../ledger/ledger.module.css';
import { Button } from '../primitives/button.tsx';
import type { FunctionView } from './governance-query.ts';
import { GOVERNANCE } from './governance-text.ts';
import type { Writing } from './use-write.ts';

/** As the function has it. Characters. */
const WORDS_MAX = 2_000;
const LINK_MAX = 300;

type ProposeFormProps = {
  readonly writing: Writing;
  readonly governance: string;
  readonly view: FunctionView;
  /** Id of the source that is proposed. */
  readonly code: string;
};

/** Says why, and hands the proposal in under this browser's key. */
export function ProposeForm({ writing, governance, view, code }: ProposeFormProps) {
  const id = useId();
  const [words, setWords] = useState('');
  const [link, setLink] = useState('');
  const { isWriting, write } = writing;
  const propose = async (): Promise<void> => {
    const about = { function: view.id, code, words, discussion: link };
    await write(governance, { kind: 'propose', ...about });
  };
  return (
    <section className={ledgerStyles.stack} aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`}>{GOVERNANCE.propose}</h3>
      <span className={ledgerStyles.field}>
        <label htmlFor={`${id}-words`}>{GOVERNANCE.proposeWords}</label>
        <textarea
          id={`${id}-words`}
          rows={4}
          maxLength={WORDS_MAX}
          aria-describedby={`${id}-words-hint`}
          value={words}
          onChange={({ target }) => setWords(target.value)}
        />
      </span>
      <p id={`${id}-words-hint`} className={ledgerStyles.quiet}>
        {GOVERNANCE.proposeWordsHint}
      </p>
      <span className={ledgerStyles.field}>
        <label htmlFor={`${id}-link`}>{GOVERNANCE.proposeLink}</label>
        <input
          id={`${id}-link`}
          type="url"
          maxLength={LINK_MAX}
          aria-describedby={`${id}-link-hint`}
          value={link}
          onChange={({ target }) => setLink(target.value)}
        />
      </span>
      <p id={`${id}-link-hint`} className={ledgerStyles.quiet}>
        {GOVERNANCE.proposeLinkHint}
      </p>
      <div>
        <Button disabled={isWriting || words.trim() === ''} onClick={() => void propose()}>
          {GOVERNANCE.proposeSend}
        </Button>
      </div>
    </section>
  );
}
