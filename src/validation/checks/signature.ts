import type { Check } from '../check.ts';

/** Made when a report arrives, before its results count: `integrity` verifies, routes ask it. */
export const SIGNATURE: Check = {
  name: 'signature',
  soundness:
    'A result that the key did not sign passes only with a forgery of Ed25519. It commits the ' +
    'agent to its bytes before the seeds of other checks are drawn.',
  cost: 'One verification a report of up to some hundred results.',
  tolerance: 'None.',
};
