/** A page whose code comes when it is first visited: Contribute must not wait for it. */
export type LatePage<Page> = {
  /** Stays for the next visit. */
  loaded: Page | null;
  readonly load: () => Promise<Page>;
};

export const LATE_NETWORK: LatePage<(typeof import('./pages/network.tsx'))['NetworkPage']> = {
  loaded: null,
  load: async () => (await import('./pages/network.tsx')).NetworkPage,
};

export const LATE_EVIDENCE: LatePage<(typeof import('./pages/evidence.tsx'))['EvidencePage']> = {
  loaded: null,
  load: async () => (await import('./pages/evidence.tsx')).EvidencePage,
};

export const LATE_SIMULATE: LatePage<(typeof import('./pages/simulate.tsx'))['SimulatePage']> = {
  loaded: null,
  load: async () => (await import('./pages/simulate.tsx')).SimulatePage,
};

export const LATE_DEVICES: LatePage<(typeof import('./pages/devices.tsx'))['DevicesPage']> = {
  loaded: null,
  load: async () => (await import('./pages/devices.tsx')).DevicesPage,
};
