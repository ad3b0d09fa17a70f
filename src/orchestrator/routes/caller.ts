import type { HandlerContext } from '@connectrpc/connect';
import type { Calling } from '../access/client-limits.ts';
import { PEER_RANGE } from '../access/peer.ts';

/** From where a call comes, and when. */
export function callingOf({ values }: HandlerContext, now: () => number): Calling {
  return { range: values.get(PEER_RANGE), nowMs: now() };
}
