import type { Suite } from '../figure.ts';
import { acting } from './acting.ts';
import { appending } from './appending.ts';
import { auditing } from './auditing.ts';
import { logSize, receipts } from './receipts.ts';
import { replayOverWarp } from './replay-over-warp.ts';
import { replaySpeed } from './replay-speed.ts';
import { submitting } from './submitting.ts';
import { verifying } from './verifying.ts';

/** The permanent record: what it takes to write, to check, to keep, and to replay. */
export const ledger: Suite = {
  name: 'ledger',
  measurements: [
    ...[appending, submitting, acting, auditing, receipts, logSize],
    ...[verifying, replaySpeed, replayOverWarp],
  ],
};
