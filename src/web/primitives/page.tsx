import type { ReactNode } from 'react';
import styles from './page.module.css';

type PageProps = {
  readonly title: string;
  readonly lead: string;
  /** The way back, above the title. */
  readonly back?: ReactNode;
  readonly children: ReactNode;
};

/** A page below its title, and what it is for in a sentence or two. */
export function Page({ title, lead, back, children }: PageProps) {
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        {back}
        <h1 className={styles.title}>{title}</h1>
        <p className={styles.lead}>{lead}</p>
      </header>
      {children}
    </div>
  );
}
