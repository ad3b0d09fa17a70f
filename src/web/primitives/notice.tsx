import type { ReactNode } from 'react';
import styles from './notice.module.css';

/** Something that went wrong and that a person should know before reading on. */
export function Notice({ children }: { readonly children: ReactNode }) {
  return <div className={styles.notice}>{children}</div>;
}
