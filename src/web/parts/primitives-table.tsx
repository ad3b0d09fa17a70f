import type { PrimitiveFact } from '../device-facts.ts';
import { BACKEND_NAMES, CONTRIBUTE, PRIMITIVE_NAMES } from '../text.ts';
import styles from './primitives-table.module.css';

/** Every primitive, the backend that runs it, and why another does not. */
export function PrimitivesTable({ facts }: { readonly facts: readonly PrimitiveFact[] }) {
  const columns = CONTRIBUTE.primitiveColumns;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{columns.primitive}</th>
          <th scope="col">{columns.backend}</th>
        </tr>
      </thead>
      <tbody>
        {facts.map((fact) => (
          <tr key={fact.primitive}>
            <th scope="row">{PRIMITIVE_NAMES[fact.primitive]}</th>
            <td>
              {fact.backend === null ? CONTRIBUTE.runsNowhere : BACKEND_NAMES[fact.backend]}
              {fact.refused.map(({ backend, why }) => (
                <span key={backend} className={styles.note}>
                  {CONTRIBUTE.fellBack(BACKEND_NAMES[backend], why)}
                </span>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
