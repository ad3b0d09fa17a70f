import type { Suite } from '../figure.ts';
import { acting } from './acting.ts';
import { appending } from './appending.ts';
import { auditing } from './auditing.ts';
import { proving } from './proving.ts';
import { logSize, receipts } from './receipts.ts';
import { replayOverPeers } from './replay-over-peers.ts';
import { replaySpeed } from './replay-speed.ts';
import { submitting } from './submitting.ts';
import { verifying } from './verifying.ts';

/** The permanent record: what it takes to write, to check, to keep, and to replay. */
export const ledger: Suite = {
  name: 'ledger',
  measurements: [
    ...[appending, submitting, acting, auditing, proving, receipts, logSize],
    ...[verifying, replaySpeed, replayOverPeers],
  ],
};
