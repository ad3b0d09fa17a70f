import type { AgentId } from '../../domain/ids.ts';
import { functionWords } from '../ledger/entry-words.ts';
import { instantWords } from '../ledger/ledger-text.ts';
import ledgerStyles from '../ledger/ledger.module.css';
import type { RecordView } from '../ledger/record-view.ts';
import { Badge, type Tone } from '../primitives/badge.tsx';
import { Button } from '../primitives/button.tsx';
import { ProgressBar } from '../primitives/progress-bar.tsx';
import { shortIdOf } from '../short-id.ts';
import { useNow } from '../use-now.ts';
import { useVotes } from './governance-query.ts';
import { GOVERNANCE } from './governance-text.ts';
import styles from './governance.module.css';
import { stepOf, type ProposalState, type ProposalView, type VoteView } from './proposal-view.ts';
import { useWrite } from './use-write.ts';
import { WriteSaid } from './write-said.tsx';

type ProposalItemProps = {
  readonly proposal: ProposalView;
  readonly record: RecordView;
  /** Id of the function that decides. */
  readonly governance: string;
  readonly ownAgent: AgentId | undefined;
};

const TONES: Readonly<Record<ProposalState, Tone>> = {
  open: 'good',
  rejected: 'bad',
  accepted: 'good',
  enacted: 'quiet',
};

/** A proposal: what and why, how the votes stand, and what can be done now. */
export function ProposalItem({ proposal, record, governance, ownAgent }: ProposalItemProps) {
  const { number, words, discussion, yes, no, state, by } = proposal;
  const { data: votes } = useVotes(governance, number);
  const own = votes?.find(({ key }) => key === ownAgent);
  return (
    <li className={styles.item}>
      <h3>
        {GOVERNANCE.proposal(number)} <Badge tone={TONES[state]}>{GOVERNANCE.states[state]}</Badge>
      </h3>
      <p className={styles.words}>{words}</p>
      <p className={ledgerStyles.quiet}>
        {GOVERNANCE.changes(functionWords(proposal.function, record.functions))}.{' '}
        {GOVERNANCE.by(shortIdOf(by))}. {whenWords(proposal)}
      </p>
      {discussion === null ? null : (
        <p>
          <a href={discussion} rel="noopener noreferrer nofollow" target="_blank">
            {GOVERNANCE.discussion}
          </a>
        </p>
      )}
      <p>{GOVERNANCE.tally(yes, no)}</p>
      <ProgressBar
        label={GOVERNANCE.tallyLabel(number)}
        done={yes}
        total={yes + no}
        words={GOVERNANCE.tally(yes, no)}
      />
      <p className={ledgerStyles.quiet}>{own === undefined ? '' : GOVERNANCE.youVoted(own.yes)}</p>
      <details className={ledgerStyles.more}>
        <summary>{GOVERNANCE.votes}</summary>
        <Votes votes={votes ?? []} ownAgent={ownAgent} />
        <code>{proposal.code}</code>
      </details>
      <ProposalSteps proposal={proposal} record={record} governance={governance} />
    </li>
  );
}

function whenWords({ state, closesAtMs, enactsAtMs }: ProposalView): string {
  const closes = instantWords(closesAtMs);
  if (state === 'open') return GOVERNANCE.closes(closes);
  if (enactsAtMs === null) return GOVERNANCE.closed(closes);
  return GOVERNANCE.enacts(instantWords(enactsAtMs));
}

function Votes({
  votes,
  ownAgent,
}: {
  readonly votes: readonly VoteView[];
  readonly ownAgent: AgentId | undefined;
}) {
  if (votes.length === 0) return <p>{GOVERNANCE.votesNone}</p>;
  return (
    <ul>
      {votes.map(({ key, yes, weight }) => (
        <li key={key}>
          {GOVERNANCE.vote(key === ownAgent ? GOVERNANCE.you : shortIdOf(key), yes, weight)}
        </li>
      ))}
    </ul>
  );
}

function ProposalSteps({ proposal, record, governance }: Omit<ProposalItemProps, 'ownAgent'>) {
  const { said, isBad, isWriting, write } = useWrite(record);
  const nowMs = useNow({ intervalMs: 1_000, isTicking: proposal.state !== 'enacted' });
  const step = stepOf(proposal, nowMs);
  const { number } = proposal;
  const steps = {
    vote: [
      { label: GOVERNANCE.voteYes, body: { kind: 'vote', proposal: number, yes: true } },
      { label: GOVERNANCE.voteNo, body: { kind: 'vote', proposal: number, yes: false } },
    ],
    close: [{ label: GOVERNANCE.close, body: { kind: 'close', proposal: number } }],
    enact: [{ label: GOVERNANCE.enact, body: { kind: 'enact', proposal: number } }],
    wait: [],
    none: [],
  }[step];
  return (
    <>
      {steps.length === 0 ? null : (
        <div className={ledgerStyles.actions}>
          {steps.map(({ label, body }) => (
            <Button key={label} disabled={isWriting} onClick={() => void write(governance, body)}>
              {label}
            </Button>
          ))}
        </div>
      )}
      <WriteSaid said={said} isBad={isBad} />
    </>
  );
}
