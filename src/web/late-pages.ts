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

export const LATE_LAB: LatePage<(typeof import('./pages/lab.tsx'))['LabPage']> = {
  loaded: null,
  load: async () => (await import('./pages/lab.tsx')).LabPage,
};

/** Of the Lab, for its editor. */
export const LATE_DRAFT: LatePage<(typeof import('./lab/draft-bench.tsx'))['DraftBench']> = {
  loaded: null,
  load: async () => (await import('./lab/draft-bench.tsx')).DraftBench,
};

export const LATE_DEVICES: LatePage<(typeof import('./pages/devices.tsx'))['DevicesPage']> = {
  loaded: null,
  load: async () => (await import('./pages/devices.tsx')).DevicesPage,
};

export const LATE_LEDGER: LatePage<(typeof import('./pages/ledger.tsx'))['LedgerPage']> = {
  loaded: null,
  load: async () => (await import('./pages/ledger.tsx')).LedgerPage,
};

export const LATE_WORK: LatePage<(typeof import('./pages/work.tsx'))['WorkPage']> = {
  loaded: null,
  load: async () => (await import('./pages/work.tsx')).WorkPage,
};

export const LATE_GOVERNANCE: LatePage<
  (typeof import('./pages/governance.tsx'))['GovernancePage']
> = {
  loaded: null,
  load: async () => (await import('./pages/governance.tsx')).GovernancePage,
};
