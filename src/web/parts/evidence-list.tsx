import type { EvidenceSummary } from '../../domain/evidence.ts';
import { EVIDENCE, instantWords, rowsWords } from '../evidence-text.ts';
import { useEvidenceList } from '../evidence-query.ts';
import { Notice } from '../primitives/notice.tsx';
import { Panel } from '../primitives/panel.tsx';
import { RouteLink } from '../primitives/route-link.tsx';
import { PATHS } from '../route.ts';
import { shortIdOf } from '../short-id.ts';
import styles from './evidence-list.module.css';

/** The rejected results of which this orchestrator keeps the evidence. */
export function EvidenceList() {
  const { data, error } = useEvidenceList();
  return (
    <Panel title={EVIDENCE.list} aside={data === undefined ? '' : EVIDENCE.listShown(data.length)}>
      <div role="status">
        {error === null ? null : (
          <Notice>
            <p>{EVIDENCE.listTrouble}</p>
          </Notice>
        )}
        {data === undefined && error === null ? (
          <p className={styles.quiet}>{EVIDENCE.listLoading}</p>
        ) : null}
        {data?.length === 0 ? <p className={styles.quiet}>{EVIDENCE.listEmpty}</p> : null}
      </div>
      {data === undefined || data.length === 0 ? null : <EvidenceTable evidence={data} />}
    </Panel>
  );
}

function EvidenceTable({ evidence }: { readonly evidence: readonly EvidenceSummary[] }) {
  const { columns } = EVIDENCE;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{columns.evidence}</th>
          <th scope="col" className={styles.wide}>
            {columns.agent}
          </th>
          <th scope="col" className={styles.wide}>
            {columns.rows}
          </th>
          <th scope="col">{columns.reason}</th>
        </tr>
      </thead>
      <tbody>
        {evidence.map((summary) => (
          <EvidenceItem key={summary.id} summary={summary} />
        ))}
      </tbody>
    </table>
  );
}

function EvidenceItem({ summary }: { readonly summary: EvidenceSummary }) {
  const { id, agent, rows, reason, judgedAtMs } = summary;
  return (
    <tr>
      <th scope="row">
        <RouteLink href={`${PATHS.evidence}/${id}`}>
          <code>…{id.slice(-8)}</code>
        </RouteLink>
        <span className={styles.sub}>
          {instantWords(judgedAtMs)}
          <span className={styles.narrow}>
            {' '}
            · <code>{shortIdOf(agent)}</code>
          </span>
        </span>
      </th>
      <td className={styles.wide}>
        <code>{shortIdOf(agent)}</code>
      </td>
      <td className={styles.wide}>{rowsWords(rows)}</td>
      <td className={styles.reason}>{reason}</td>
    </tr>
  );
}
