import { CONTRIBUTE } from '../text.ts';
import styles from './promises.module.css';

/** What a person may rely on before they press the button. */
export function Promises() {
  return (
    <ul className={styles.promises}>
      {CONTRIBUTE.promises.map((promise) => (
        <li key={promise.title}>
          <h2 className={styles.title}>{promise.title}</h2>
          <p className={styles.detail}>{promise.detail}</p>
        </li>
      ))}
    </ul>
  );
}
