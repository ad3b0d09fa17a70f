import styles from './figures.module.css';

export type FigureOf = { readonly label: string; readonly value: string; readonly note?: string };

/** Numbers with their names, read as a list of pairs. */
export function Figures({ figures }: { readonly figures: readonly FigureOf[] }) {
  return (
    <dl className={styles.figures}>
      {figures.map((figure) => (
        <div key={figure.label} className={styles.figure}>
          <dt className={styles.label}>{figure.label}</dt>
          <dd className={styles.value}>{figure.value}</dd>
          {figure.note === undefined ? null : <dd className={styles.note}>{figure.note}</dd>}
        </div>
      ))}
    </dl>
  );
}
