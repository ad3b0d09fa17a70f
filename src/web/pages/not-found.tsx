import { RouteLink } from '../primitives/route-link.tsx';
import { PATHS } from '../route.ts';
import { GENERAL } from '../text.ts';
import styles from './not-found.module.css';

/** For an address that names no page. */
export function NotFoundPage() {
  return (
    <div className={styles.page}>
      <h1>{GENERAL.unknownTitle}</h1>
      <p>
        {GENERAL.unknownDetail} <RouteLink href={PATHS.contribute}>{GENERAL.unknownLink}</RouteLink>
      </p>
    </div>
  );
}
