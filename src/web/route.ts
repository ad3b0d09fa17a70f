import { useSyncExternalStore } from 'react';

/** Pages by their path. */
export const PATHS = {
  contribute: '/',
  network: '/network',
  devices: '/devices',
  simulate: '/simulate',
  evidence: '/evidence',
  lab: '/lab',
  ledger: '/ledger',
  work: '/work',
  governance: '/governance',
} as const;
export type Route = keyof typeof PATHS | 'unknown';

/** The page that the address names. */
export function routeOf(pathname: string): Route {
  const path = pathname.length > 1 ? pathname.replace(/\/+$/, '') : pathname;
  if (path === PATHS.contribute || path === '/contribute') return 'contribute';
  if (path === PATHS.simulate) return 'simulate';
  if (path === PATHS.evidence || evidenceIn(path) !== null) return 'evidence';
  if (path === PATHS.lab) return 'lab';
  if (path === PATHS.devices) return 'devices';
  if (path === PATHS.ledger) return 'ledger';
  if (path === PATHS.work) return 'work';
  if (path === PATHS.governance) return 'governance';
  return path === PATHS.network ? 'network' : 'unknown';
}

/** The id of the bundle that an address names, as it stands there; null where it names none. */
export function evidenceIn(pathname: string): string | null {
  return /^\/evidence\/([^/]+)\/*$/.exec(pathname)?.[1] ?? null;
}

/** The address within the page. */
export function usePathname(): string {
  return useSyncExternalStore(subscribe, () => location.pathname);
}

/** The page at hand; the agent goes on computing whichever it is. */
export function useRoute(): Route {
  return useSyncExternalStore(subscribe, () => routeOf(location.pathname));
}

/** Goes to a page without loading anew, so that the agent goes on. */
export function goTo(path: string): void {
  if (path === location.pathname) return;
  history.pushState(null, '', path);
  dispatchEvent(new PopStateEvent('popstate'));
}

function subscribe(onChange: () => void): () => void {
  addEventListener('popstate', onChange);
  return () => removeEventListener('popstate', onChange);
}
