import type { ReactNode } from 'react';
import styles from './notice.module.css';

type NoticeProps = { readonly tone: 'bad' | 'wait'; readonly children: ReactNode };

/** Something a person should know before reading on. */
export function Notice({ tone, children }: NoticeProps) {
  return <div className={`${styles.notice} ${styles[tone]}`}>{children}</div>;
}
