import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { openStoredKey } from '../../agent/browser/index.ts';
import type { CanonicalValue } from '../../integrity/index.ts';
import type { RecordView } from '../ledger/record-view.ts';
import { GOVERNANCE } from './governance-text.ts';
import { writeAction } from './write-action.ts';

/** Writes actions under this browser's key, and says what became of the last one. */
export type Writing = {
  readonly said: string;
  readonly isBad: boolean;
  readonly isWriting: boolean;
  /** Whether the function took it. */
  readonly write: (id: string, body: CanonicalValue) => Promise<boolean>;
};

/** Actions of this browser's key. */
export function useWrite(record: RecordView): Writing {
  const queries = useQueryClient();
  const [state, setState] = useState({ said: '', isBad: false, isWriting: false });
  const say = (said: string, isBad: boolean): boolean => {
    setState({ said, isBad, isWriting: false });
    return !isBad;
  };
  const write = async (id: string, body: CanonicalValue): Promise<boolean> => {
    setState({ said: GOVERNANCE.writing, isBad: false, isWriting: true });
    const key = await openStoredKey();
    if (!key.ok) return say(GOVERNANCE.failed(key.failure.message), true);
    const about = { key: key.value, log: record.key, function: id, body };
    const written = await writeAction(about);
    if (!written.ok) return say(GOVERNANCE.failed(written.failure.message), true);
    const { index, isDone, detail } = written.value;
    await queries.invalidateQueries({ queryKey: ['proposals'] });
    await queries.invalidateQueries({ queryKey: ['votes'] });
    await queries.invalidateQueries({ queryKey: ['functions'] });
    return isDone
      ? say(GOVERNANCE.written(index), false)
      : say(GOVERNANCE.refused(index, detail), true);
  };
  return { ...state, write };
}
