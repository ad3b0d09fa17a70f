import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';
import { FailureError } from '../../domain/failure.ts';
import type { AgentId } from '../../domain/ids.ts';
import { creditedTaskId } from '../../ledger/index.ts';
import ledgerStyles from '../ledger/ledger.module.css';
import { Button } from '../primitives/button.tsx';
import { Notice } from '../primitives/notice.tsx';
import { TotalStep } from './total-step.tsx';
import { walkLines } from './walk-words.ts';
import { walkReceipt, type Trusted, type Walk } from './walk-receipt.ts';
import { WalkSteps } from './walk-steps.tsx';
import { WORK } from './work-text.ts';
import styles from './work.module.css';

type ReceiptWalkProps = {
  readonly bytes: Uint8Array;
  readonly trusted: Trusted;
  /** Whether an orchestrator answers. */
  readonly isOnline: boolean;
  /** Whose tasks are shown; null: everybody's. */
  readonly agent: AgentId | null;
  /** Its total is the last step. */
  readonly ownAgent: AgentId | undefined;
  readonly onClose: () => void;
};

/** A receipt from the task to the total, each step verified here. */
export function ReceiptWalk(props: ReceiptWalkProps) {
  const { bytes, trusted } = props;
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { data: walk, error } = useQuery<Walk, FailureError>({
    // Of this part of the page alone: whoever shows another receipt gives it another key.
    queryKey: ['walk', id],
    gcTime: 0,
    structuralSharing: false,
    queryFn: async () => {
      const walked = await walkReceipt(trusted, bytes);
      if (!walked.ok) throw new FailureError(walked.failure);
      return walked.value;
    },
  });
  return (
    <section className={ledgerStyles.stack} aria-live="polite">
      <h3 ref={heading} tabIndex={-1}>
        {walk === undefined ? WORK.walkRunning : WORK.walkTitle(walk.index)}
      </h3>
      {error === null ? null : <Notice>{error.message}</Notice>}
      {walk === undefined ? null : <WalkedTask {...props} walk={walk} />}
      <div className={ledgerStyles.actions}>
        <Button onClick={props.onClose}>{WORK.walkClose}</Button>
      </div>
    </section>
  );
}

function WalkedTask({
  walk,
  agent,
  ownAgent,
  isOnline,
  trusted,
}: ReceiptWalkProps & { readonly walk: Walk }) {
  const id = useId();
  const [chosen, setChosen] = useState(0);
  const tasks = walk.tasks.filter((task) => agent === null || task.agent === agent);
  const task = tasks[Math.min(chosen, tasks.length - 1)];
  if (task === undefined) return null;
  return (
    <>
      {tasks.length === 1 ? null : (
        <span className={ledgerStyles.field}>
          <label htmlFor={id}>{WORK.walkTask}</label>
          <select id={id} value={chosen} onChange={({ target }) => setChosen(Number(target.value))}>
            {tasks.map((one, at) => (
              <option key={`${creditedTaskId(one)} ${one.agent}`} value={at}>
                {WORK.walkTaskName(at + 1, one.index)}
              </option>
            ))}
          </select>
        </span>
      )}
      <ol className={styles.steps}>
        <WalkSteps lines={walkLines(walk, task)} />
        <TotalStep
          trusted={trusted}
          isOnline={isOnline}
          agent={task.agent === ownAgent ? ownAgent : null}
          entry={walk.index}
        />
      </ol>
    </>
  );
}
