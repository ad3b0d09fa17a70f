import ledgerStyles from '../ledger/ledger.module.css';
import { Facts } from '../primitives/facts.tsx';
import { Panel } from '../primitives/panel.tsx';
import type { FunctionView } from './governance-query.ts';
import { GOVERNANCE } from './governance-text.ts';
import styles from './governance.module.css';
import { settingsIn, type Price } from './source-settings.ts';

/** The functions that the network runs on, each with its source to read. */
export function FunctionsPanel({ functions }: { readonly functions: readonly FunctionView[] }) {
  return (
    <Panel title={GOVERNANCE.functions}>
      <ul className={styles.list}>
        {functions.map((one) => (
          <FunctionItem key={one.id} view={one} />
        ))}
      </ul>
    </Panel>
  );
}

function FunctionItem({ view }: { readonly view: FunctionView }) {
  const { name, id, code, source, governance } = view;
  const prices = settingsIn(source)?.prices ?? [];
  return (
    <li className={styles.item}>
      <h3>{name}</h3>
      <p>{GOVERNANCE.about[name]}</p>
      <p className={ledgerStyles.quiet}>
        {governance === null ? GOVERNANCE.fixed : GOVERNANCE.governed}
      </p>
      {prices.length === 0 ? null : (
        <details className={ledgerStyles.more}>
          <summary>{GOVERNANCE.prices}</summary>
          <PriceList prices={prices} />
        </details>
      )}
      <details className={ledgerStyles.more}>
        <summary>{GOVERNANCE.source}</summary>
        <Facts
          facts={[
            { label: GOVERNANCE.id, value: <code>{id}</code> },
            { label: GOVERNANCE.code, value: <code>{code}</code> },
          ]}
        />
        <pre className={ledgerStyles.body}>{source}</pre>
      </details>
    </li>
  );
}

function PriceList({ prices }: { readonly prices: readonly Price[] }) {
  return (
    <table className={styles.prices}>
      <thead>
        <tr>
          <th scope="col">{GOVERNANCE.priceColumns.work}</th>
          <th scope="col">{GOVERNANCE.priceColumns.units}</th>
        </tr>
      </thead>
      <tbody>
        {prices.map(({ work, units }) => (
          <tr key={work}>
            <th scope="row">{work}</th>
            <td>{units}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
