import { useEffect, useRef, type ReactNode } from 'react';
import type { SupervisedAgent } from '../agent/browser/index.ts';
import styles from './app.module.css';
import { ContributePage } from './pages/contribute.tsx';
import { NotFoundPage } from './pages/not-found.tsx';
import { UnsupportedPage } from './pages/unsupported.tsx';
import { CrashBoundary } from './parts/crash-boundary.tsx';
import { SandboxBanner } from './parts/sandbox-banner.tsx';
import { SiteHeader } from './parts/site-header.tsx';
import { usePathname, useRoute, type Route } from './route.ts';
import type { SessionHistory } from './session-history.ts';
import { shortIdOf } from './short-id.ts';
import { GENERAL } from './text.ts';
import {
  LATE_DEVICES,
  LATE_EVIDENCE,
  LATE_GOVERNANCE,
  LATE_LAB,
  LATE_LEDGER,
  LATE_NETWORK,
  LATE_SIMULATE,
  LATE_WORK,
  type LatePage,
} from './late-pages.ts';
import { useLatePage } from './use-late-page.ts';
import { useStore } from './use-store.ts';

/** The agent of this tab, or what the browser lacks to have one. */
export type Contribution =
  | { readonly kind: 'able'; readonly agent: SupervisedAgent; readonly history: SessionHistory }
  | { readonly kind: 'unable'; readonly missing: readonly string[] };

/** The whole page. The agent lives beside it and goes on whichever page is shown. */
export function App({ contribution }: { readonly contribution: Contribution }) {
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  useArrival(route, { pathname: usePathname(), main });
  return (
    <>
      <a className={styles.skip} href="#main">
        {GENERAL.skip}
      </a>
      <SiteHeader route={route} />
      <main id="main" ref={main} tabIndex={-1} className={styles.main}>
        {route === 'contribute' || route === 'network' ? <SandboxBanner /> : null}
        <CrashBoundary key={route}>
          <Page route={route} contribution={contribution} />
        </CrashBoundary>
      </main>
      <footer className={styles.footer}>
        <p>{GENERAL.footer}</p>
      </footer>
    </>
  );
}

function Page({ route, contribution }: { route: Route; contribution: Contribution }) {
  if (route === 'unknown') return <NotFoundPage />;
  if (route === 'simulate') return <Loaded late={LATE_SIMULATE} />;
  if (route === 'evidence') return <Loaded late={LATE_EVIDENCE} />;
  if (route === 'lab') return <Loaded late={LATE_LAB} />;
  if (route === 'devices') return <Loaded late={LATE_DEVICES} />;
  if (route === 'ledger') return <Loaded late={LATE_LEDGER} />;
  if (route === 'work') return <Loaded late={LATE_WORK} />;
  if (route === 'governance') return <Loaded late={LATE_GOVERNANCE} />;
  if (contribution.kind === 'unable') {
    return route === 'network' ? (
      <LoadedNetwork ownShortId={null} />
    ) : (
      <UnsupportedPage missing={contribution.missing} />
    );
  }
  const { agent, history } = contribution;
  return route === 'network' ? (
    <OwnNetwork agent={agent} />
  ) : (
    <ContributePage agent={agent} history={history} />
  );
}

function OwnNetwork({ agent }: { readonly agent: SupervisedAgent }) {
  const { snapshot } = useStore(agent);
  return <LoadedNetwork ownShortId={snapshot === null ? null : shortIdOf(snapshot.agent)} />;
}

function LoadedNetwork({ ownShortId }: { readonly ownShortId: string | null }) {
  const { page: NetworkPage, isLate } = useLatePage(LATE_NETWORK);
  return NetworkPage === null ? (
    <Loading isLate={isLate} />
  ) : (
    <NetworkPage ownShortId={ownShortId} />
  );
}

/** A page that needs nothing but its code. */
function Loaded({ late }: { readonly late: LatePage<() => ReactNode> }) {
  const { page: LoadedPage, isLate } = useLatePage(late);
  return LoadedPage === null ? <Loading isLate={isLate} /> : <LoadedPage />;
}

function Loading({ isLate }: { readonly isLate: boolean }) {
  return (
    <p role="status" className={styles.loading}>
      {isLate ? GENERAL.loadingLate : GENERAL.loading}
    </p>
  );
}

/** On another page the title changes, reading begins at the top, and so does the keyboard. */
function useArrival(
  route: Route,
  { pathname, main }: { pathname: string; main: { readonly current: HTMLElement | null } },
): void {
  const shown = useRef(pathname);
  useEffect(() => {
    document.title = GENERAL.titles[route];
    if (shown.current === pathname) return;
    shown.current = pathname;
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [route, pathname, main]);
}
