import type { AgentId } from '../../domain/ids.ts';
import type { RecordView } from '../ledger/record-view.ts';
import ledgerStyles from '../ledger/ledger.module.css';
import { Notice } from '../primitives/notice.tsx';
import { Panel } from '../primitives/panel.tsx';
import { useProposals, type FunctionView } from './governance-query.ts';
import { GOVERNANCE } from './governance-text.ts';
import styles from './governance.module.css';
import { ProposalItem } from './proposal-item.tsx';
import { settingsIn } from './source-settings.ts';

type ProposalsPanelProps = {
  readonly record: RecordView;
  readonly governance: FunctionView;
  readonly ownAgent: AgentId | undefined;
};

/** What was proposed, the newest first, and what can be done about it. */
export function ProposalsPanel({ record, governance, ownAgent }: ProposalsPanelProps) {
  const { data, error } = useProposals(governance.id);
  const rules = settingsIn(governance.source);
  return (
    <Panel title={GOVERNANCE.proposals}>
      <div className={ledgerStyles.stack}>
        {rules === null ? null : (
          <p className={ledgerStyles.quiet}>
            {GOVERNANCE.rules(rules.quorum ?? 0, rules.votingMs ?? 0, rules.delayMs ?? 0)}
          </p>
        )}
        {error === null ? null : <Notice>{error.message}</Notice>}
        {data?.length === 0 ? <p>{GOVERNANCE.proposalsEmpty}</p> : null}
        <ul className={styles.list}>
          {data?.map((proposal) => (
            <ProposalItem
              key={proposal.number}
              proposal={proposal}
              record={record}
              governance={governance.id}
              ownAgent={ownAgent}
            />
          ))}
        </ul>
      </div>
    </Panel>
  );
}
