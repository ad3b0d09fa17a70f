/** A Chromium that runs as root and speaks to nobody but the pages under test. */
export const QUIET_SWITCHES: readonly string[] = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
