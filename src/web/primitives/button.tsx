import type { ComponentProps } from 'react';
import styles from './button.module.css';

type ButtonProps = Omit<ComponentProps<'button'>, 'className' | 'type'> & {
  readonly look?: 'primary' | 'plain';
};

/** A button: one primary on a page, the rest plain. */
export function Button({ look = 'plain', ...rest }: ButtonProps) {
  return <button type="button" className={`${styles.button} ${styles[look]}`} {...rest} />;
}
