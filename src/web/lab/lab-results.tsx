import { shortTimeWords } from '../amounts.ts';
import { Panel } from '../primitives/panel.tsx';
import { PRIMITIVE_NAMES } from '../text.ts';
import {
  gigaBytes,
  gigaOperations,
  rateUnit,
  type LabResult,
  type LabRun,
  type LabTimes,
} from './lab-run.ts';
import { CONTENDER_NAMES, LAB, threeDigits } from './lab-text.ts';
import styles from './lab.module.css';

/** Who computed it rightly, and how fast; on a narrow screen each row is a card. */
export function LabResults({ run }: { readonly run: LabRun }) {
  const { columns } = LAB;
  const what = `${PRIMITIVE_NAMES[run.operator]}, ${LAB.sizeWords(run.size)}`;
  return (
    <Panel title={LAB.results} aside={what}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{columns.who}</th>
            <th scope="col">{columns.right}</th>
            <th scope="col">{columns.error}</th>
            <th scope="col">{columns.time}</th>
            <th scope="col">{columns.rates}</th>
          </tr>
        </thead>
        <tbody>
          {run.results.map((result) => (
            <ResultRow key={result.contender} result={result} unit={rateUnit(run.operator)} />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function ResultRow({ result, unit }: { readonly result: LabResult; readonly unit: string }) {
  const { columns } = LAB;
  return (
    <tr>
      <th scope="row">{CONTENDER_NAMES[result.contender]}</th>
      {result.kind === 'failed' ? (
        <td colSpan={4} className={styles.failed}>
          {LAB.failed(result.why)}
        </td>
      ) : (
        <>
          <td data-label={columns.right} className={result.isRight ? undefined : styles.wrong}>
            {result.isRight ? LAB.right : LAB.wrong}
          </td>
          <td data-label={columns.error}>
            <ErrorWords times={result} />
          </td>
          <td data-label={columns.time}>
            <span>
              {shortTimeWords(result.medianMs * 1000)}
              <span className={styles.sub}>
                {LAB.spread(
                  shortTimeWords(result.leastMs * 1000),
                  shortTimeWords(result.mostMs * 1000),
                  result.runs,
                )}
              </span>
            </span>
          </td>
          <td data-label={columns.rates}>
            <span className={styles.rates}>
              {LAB.rate(threeDigits(gigaOperations(result)), unit)}
              <span className={styles.sub}>{LAB.rate(threeDigits(gigaBytes(result)), 'GB/s')}</span>
            </span>
          </td>
        </>
      )}
    </tr>
  );
}

function ErrorWords({ times: { share, worst } }: { readonly times: LabTimes }) {
  if (worst === null) return <span>{LAB.exact}</span>;
  const words = share === null ? LAB.notNumber : LAB.share(percentOf(share));
  const { at, actual, expected, allowed } = worst;
  return (
    <span>
      {words}
      <span className={styles.sub}>
        {LAB.place(at, sevenDigits(actual), sevenDigits(expected), threeDigits(allowed))}
      </span>
    </span>
  );
}

function percentOf(share: number): string {
  return `${threeDigits(share * 100)}%`;
}

/** As many as an f32 has. */
function sevenDigits(value: number): string {
  return String(Number(value.toPrecision(7)));
}
