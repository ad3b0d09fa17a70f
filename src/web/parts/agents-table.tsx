import { countWords, shortCountWords } from '../amounts.ts';
import type { AgentRow } from '../network-view.ts';
import { Badge } from '../primitives/badge.tsx';
import { Panel } from '../primitives/panel.tsx';
import { RouteLink } from '../primitives/route-link.tsx';
import { PATHS } from '../route.ts';
import { BACKEND_NAMES, NETWORK } from '../text.ts';
import styles from './agents-table.module.css';

type AgentsTableProps = {
  readonly agents: readonly AgentRow[];
  readonly count: number;
  readonly ownShortId: string | null;
};

/** Who is here: one row an agent, one's own marked. */
export function AgentsTable({ agents, count, ownShortId }: AgentsTableProps) {
  const columns = NETWORK.agentColumns;
  return (
    <Panel title={NETWORK.agents} aside={NETWORK.agentsShown(agents.length, count)}>
      {agents.length === 0 ? (
        <p className={styles.empty}>
          {NETWORK.agentsEmpty}{' '}
          <RouteLink href={PATHS.contribute}>{NETWORK.agentsEmptyLink}</RouteLink>
        </p>
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{columns.device}</th>
              <th scope="col" className={styles.wide}>
                {columns.backend}
              </th>
              <th scope="col" className={`${styles.number} ${styles.wide}`}>
                {columns.lanes}
              </th>
              <th scope="col" className={styles.number}>
                {columns.leases}
              </th>
              <th scope="col" className={styles.number}>
                {columns.accepted}
              </th>
            </tr>
          </thead>
          <tbody>
            {agents.map((agent) => (
              <AgentItem key={agent.shortId} agent={agent} isOwn={agent.shortId === ownShortId} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function AgentItem({ agent, isOwn }: { readonly agent: AgentRow; readonly isOwn: boolean }) {
  const kind = agent.kind === null ? NETWORK.agentKindUnknown : NETWORK.agentKinds[agent.kind];
  const backend =
    agent.modelBackend === null ? NETWORK.agentNoModels : BACKEND_NAMES[agent.modelBackend];
  return (
    <tr className={isOwn ? styles.own : undefined}>
      <th scope="row" className={styles.device}>
        <span className={styles.label}>
          {agent.label === '' ? NETWORK.agentUnnamed : agent.label}
          {isOwn ? <Badge tone="good">{NETWORK.agentYou}</Badge> : null}
          {agent.isQuarantined ? <Badge tone="bad">{NETWORK.agentQuarantined}</Badge> : null}
        </span>
        <span className={styles.sub}>
          {kind} <code>{agent.shortId}</code>
          <span className={styles.narrow}>
            {' '}
            · {backend} · {NETWORK.agentLanes(agent.lanes)}
          </span>
        </span>
      </th>
      <td className={styles.wide}>{backend}</td>
      <td className={`${styles.number} ${styles.wide}`}>{countWords(agent.lanes)}</td>
      <td className={styles.number}>{countWords(agent.leases)}</td>
      <td className={styles.number}>
        {shortCountWords(agent.accepted)}
        {agent.rejected === 0 ? null : (
          <span className={styles.rejected}>{NETWORK.agentRejected(agent.rejected)}</span>
        )}
      </td>
    </tr>
  );
}
