import { useEffect } from 'react';
import type { AgentId } from '../../domain/ids.ts';
import { useRecordWork } from '../ledger/use-record-work.ts';
import { proveCredits, type ProvenCredits } from '../ledger/prove-credits.ts';
import { totalLine } from './total-words.ts';
import type { Trusted } from './walk-receipt.ts';
import { WalkStep } from './walk-steps.tsx';
import { WORK } from './work-text.ts';

type TotalStepProps = {
  /** Whom the log and its state are held to. */
  readonly trusted: Trusted;
  /** Whether an orchestrator answers. */
  readonly isOnline: boolean;
  /** Null: another's than this browser's. */
  readonly agent: AgentId | null;
  /** The entry that the total must have. */
  readonly entry: number;
};

/** The last step: the total of the key in the state that the log claims, proven here. */
export function TotalStep({ trusted, isOnline, agent, entry }: TotalStepProps) {
  const { work, start } = useRecordWork<ProvenCredits>();
  const { policy, credits } = trusted;
  useEffect(() => {
    if (!isOnline || credits === null || agent === null) return;
    start((api) => proveCredits(api, { policy, pinned: null, credits, agent, since: entry }));
  }, [policy, credits, agent, entry, isOnline, start]);
  const missing = missingWords({ trusted, isOnline, agent });
  if (missing !== null) {
    return <WalkStep line={{ title: WORK.steps.total.title, mark: 'open', words: [missing] }} />;
  }
  return <WalkStep line={totalLine(work)} />;
}

function missingWords({ trusted, isOnline, agent }: Omit<TotalStepProps, 'entry'>): string | null {
  if (agent === null) return WORK.steps.total.other;
  if (!isOnline) return WORK.steps.total.offline;
  return trusted.credits === null ? WORK.totalUnknown : null;
}
