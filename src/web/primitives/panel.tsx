import { useId, type ReactNode } from 'react';
import styles from './panel.module.css';

type PanelProps = {
  readonly title: string;
  /** One quiet line beside the title. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
};

/** A titled surface; its title names it for assistive technology. */
export function Panel({ title, aside, children }: PanelProps) {
  const id = useId();
  return (
    <section className={styles.panel} aria-labelledby={id}>
      <header className={styles.head}>
        <h2 id={id} className={styles.title}>
          {title}
        </h2>
        {aside === undefined ? null : <div className={styles.aside}>{aside}</div>}
      </header>
      {children}
    </section>
  );
}
