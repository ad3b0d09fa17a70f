import { Mark } from '../primitives/mark.tsx';
import { RouteLink } from '../primitives/route-link.tsx';
import { PATHS, type Route } from '../route.ts';
import { GENERAL } from '../text.ts';
import styles from './site-header.module.css';

const PAGES = [
  'contribute',
  'work',
  'network',
  'ledger',
  'governance',
  'lab',
  'simulate',
  'evidence',
] as const;

/** The name and the pages. */
export function SiteHeader({ route }: { readonly route: Route }) {
  return (
    <header className={styles.header}>
      <RouteLink className={styles.brand} href={PATHS.contribute}>
        <Mark size={24} />
        {GENERAL.brand}
      </RouteLink>
      <nav aria-label={GENERAL.navigation}>
        <ul className={styles.pages}>
          {PAGES.map((page) => (
            <li key={page}>
              <RouteLink
                className={styles.page}
                href={PATHS[page]}
                aria-current={route === page ? 'page' : undefined}
              >
                {GENERAL.pages[page]}
              </RouteLink>
            </li>
          ))}
        </ul>
      </nav>
    </header>
  );
}
