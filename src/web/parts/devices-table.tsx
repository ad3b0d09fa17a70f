import { countWords, shortCountWords, shortTimeWords } from '../amounts.ts';
import {
  failuresOf,
  GROUPS,
  groupOf,
  timedOf,
  type DeviceRow,
  type DeviceTest,
  type GroupName,
} from '../devices-view.ts';
import { BACKEND_NAMES, DEVICES, PRIMITIVE_NAMES } from '../text.ts';
import styles from './devices-table.module.css';

// The keys of a record that names them all.
const GROUP_NAMES = Object.keys(GROUPS) as readonly GroupName[];

type DevicesTableProps = { readonly rows: readonly DeviceRow[]; readonly atMs: number };

/** One row a kind of device and backend; on a narrow screen each row is a card. */
export function DevicesTable({ rows, atMs }: DevicesTableProps) {
  const columns = DEVICES.columns;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{columns.device}</th>
          <th scope="col">{columns.backend}</th>
          {GROUP_NAMES.map((group) => (
            <th key={group} scope="col">
              {DEVICES.groups[group]}
            </th>
          ))}
          <th scope="col">{columns.checked}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <DeviceItem key={row.key} row={row} atMs={atMs} />
        ))}
      </tbody>
    </table>
  );
}

function DeviceItem({ row, atMs }: { readonly row: DeviceRow; readonly atMs: number }) {
  const columns = DEVICES.columns;
  const failures = failuresOf(row);
  const timed = timedOf(row);
  return (
    <tr>
      <th scope="row" className={styles.device}>
        <span className={styles.software}>{row.software}</span>
        <span className={styles.sub}>{row.adapter === '' ? DEVICES.noGpu : row.adapter}</span>
        <span className={styles.sub}>
          {DEVICES.keys(row.keys)} · {DEVICES.seen(atMs - row.lastSeenAtMs)}
        </span>
        {failures.length === 0 ? null : <Failures failures={failures} />}
        {timed.length === 0 ? null : <Times timed={timed} />}
      </th>
      <td data-label={columns.backend}>{BACKEND_NAMES[row.backend]}</td>
      {GROUP_NAMES.map((group) => (
        <td key={group} data-label={DEVICES.groups[group]}>
          <GroupCell row={row} group={group} />
        </td>
      ))}
      <td data-label={columns.checked}>
        <span>
          {DEVICES.accepted(shortCountWords(row.resultsAccepted))}
          {row.resultsRejected === 0 ? null : (
            <span className={styles.bad}>{DEVICES.rejected(countWords(row.resultsRejected))}</span>
          )}
        </span>
      </td>
    </tr>
  );
}

function GroupCell({ row, group }: { readonly row: DeviceRow; readonly group: GroupName }) {
  const counts = groupOf(row, group);
  if (counts.tried === 0) return <span className={styles.untried}>{DEVICES.untried}</span>;
  if (counts.right === counts.tried) return <span>{DEVICES.allRight(counts.tried)}</span>;
  return (
    <span>
      {counts.right === 0 ? null : DEVICES.someRight(counts.right)}
      {counts.wrong === 0 ? null : (
        <span className={styles.bad}>{DEVICES.someWrong(counts.wrong)}</span>
      )}
      {counts.partly === 0 ? null : (
        <span className={styles.partly}>{DEVICES.somePartly(counts.partly)}</span>
      )}
    </span>
  );
}

function Failures({ failures }: { readonly failures: readonly DeviceTest[] }) {
  return (
    <details className={styles.details}>
      <summary>{DEVICES.whatFailed(failures.length)}</summary>
      <ul className={styles.failures}>
        {failures.map(({ primitive, passedKeys, failedKeys, detail }) => (
          <li key={primitive}>
            <strong>{PRIMITIVE_NAMES[primitive]}</strong>:{' '}
            {DEVICES.failedOn(failedKeys, passedKeys + failedKeys)}
            {detail === '' ? null : <q className={styles.quote}>{detail}</q>}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Times({ timed }: { readonly timed: ReturnType<typeof timedOf> }) {
  return (
    <details className={styles.details}>
      <summary>{DEVICES.howFast(Math.max(...timed.map(({ time }) => time.keys)))}</summary>
      <ul className={styles.times}>
        {timed.map(({ primitive, time }) => (
          <li key={primitive}>
            {PRIMITIVE_NAMES[primitive]} <strong>{shortTimeWords(time.medianUs)}</strong>
          </li>
        ))}
      </ul>
    </details>
  );
}
