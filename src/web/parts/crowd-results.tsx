import type { CrowdTest } from '../../domain/crowd-test.ts';
import { shortTimeWords } from '../amounts.ts';
import { CROWD } from '../crowd-text.ts';
import { BACKEND_NAMES, PRIMITIVE_NAMES } from '../text.ts';
import styles from './crowd-panel.module.css';

/** What a test found of this device: a sentence, and the table behind it. */
export function CrowdResults({ test }: { readonly test: CrowdTest }) {
  const { conformance, times, adapter } = test;
  const wrong = conformance.filter(({ passed }) => !passed).length;
  const { columns } = CROWD;
  return (
    <>
      <p className={wrong === 0 ? styles.right : styles.wrong}>
        {wrong === 0
          ? CROWD.allRight(conformance.length)
          : CROWD.someWrong(wrong, conformance.length)}
      </p>
      {adapter === '' ? <p className={styles.told}>{CROWD.noGpu}</p> : null}
      <details className={styles.details} open={wrong > 0}>
        <summary>{CROWD.details}</summary>
        <p className={styles.told}>{CROWD.sizes}</p>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{columns.operator}</th>
              <th scope="col">{columns.backend}</th>
              <th scope="col">{columns.right}</th>
              <th scope="col" className={styles.number}>
                {columns.time}
              </th>
            </tr>
          </thead>
          <tbody>
            {conformance.map(({ primitive, backend, passed, detail }) => {
              const time = times.find((one) => {
                return one.operator === primitive && one.backend === backend;
              });
              return (
                <tr key={`${primitive} ${backend}`}>
                  <th scope="row">{PRIMITIVE_NAMES[primitive]}</th>
                  <td>{BACKEND_NAMES[backend]}</td>
                  <td>
                    {passed ? CROWD.right : <strong className={styles.wrong}>{CROWD.wrong}</strong>}
                    {passed ? null : <q className={styles.quote}>{detail}</q>}
                  </td>
                  <td className={styles.number}>
                    {time === undefined ? CROWD.untimed : shortTimeWords(time.medianUs)}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </details>
    </>
  );
}
