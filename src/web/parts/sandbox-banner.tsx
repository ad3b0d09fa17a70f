import { SANDBOX } from '../text.ts';
import { useSandbox } from '../use-sandbox.ts';
import styles from './sandbox-banner.module.css';

/** Says, where it is so, that this network is a place to attack. */
export function SandboxBanner() {
  if (!useSandbox()) return null;
  return (
    <aside className={styles.banner} aria-label={SANDBOX.title}>
      <strong>{SANDBOX.title}</strong> {SANDBOX.detail}
    </aside>
  );
}
