/*
 * The scheduler's state machine.
 *
 * job      (submitted) -> queued -> running -> ended: done | failed | canceled
 *          Each stage: its rows wait, are all accepted, 'stage-finished', then 'stage-planned'
 *          begins the next one or 'job-finished' ends the job. At its deadline it fails.
 * rows     fresh -> a task is cut from them when it is leased, to the size of its agent.
 * task     leased -> (result) -> checking -> accepted
 *            |          |           |
 *            v          v           v
 *         waiting <- second opinion, or no result accepted
 *          waiting  has no result, or one that wants a second opinion. One that was lost is cut
 *                   anew for a slower agent, and the rest is fresh again.
 *          leased   one lease is out, or two to outrun a straggler; no result, or the first of two.
 *          checking one result (recompute) or two (compare) are with the shell.
 *          accepted the number of its lease is kept until the stage is over. Verified by samples
 *                   only, it is provisional: revoked (its rows fresh again) when its agent is
 *                   quarantined before all rows of the stage are accepted.
 * lease    out -> reported -> answered | out -> answered (failed, malformed) | settled (expired,
 *          returned, outrun)
 * agent    absent <-> present (one session a key); quarantined or not, present or absent.
 *
 *                   job             task                         lease         agent
 * job-submitted     -> queued       rows fresh                   .             .
 * stage-planned     next stage      rows fresh                   .             .
 * rows-claimed      .               more rows fresh              .             .
 * rows-released     finishes stage  fresh, waiting -> gone       -> answered   .
 * rows-adopted      finishes stage  rows accepted, no longer fresh             .
 * job-finished      -> done         forgotten, bit by bit        .             .
 * job-failed        -> failed       forgotten                    -> settled    .
 * job-canceled      -> canceled     forgotten                    -> settled    .
 * agent-joined      .               as below, of former session  as below      -> present
 * agent-barred      .               as in a quarantine, below    as below      -> quarantined
 * agent-left        .               leased -> waiting, unharmed  out -> settled -> absent
 * lease-requested   -> running      fresh, waiting -> leased     -> out        .
 * results-reported
 *   output          .               leased -> waiting, checking  -> reported   .
 *   failed          failed at 12    leased -> waiting elsewhere  -> answered   .
 *   malformed       failed at 12    leased -> waiting elsewhere  -> answered   -> quarantined
 * results-withdrawn failed at 12    leased, checking -> waiting  -> answered   .
 * judged            finishes stage  checking -> accepted,waiting -> answered   rejected: -> quar.
 *   (quarantine)    .               leased, checking -> waiting  -> over       -> quarantined
 *                                   provisional -> rows fresh
 * quarantine-released, amnesty-granted                                           quarantine ends
 * trust-changed, rules-adopted: change what later events come to.
 * heartbeat         .               .                            renewed       seen
 * tick              failed at 12,   leased -> waiting (expired,  -> settled    silent -> absent,
 *                   at its deadline silent), waiting -> checking               quarantine ends
 * restarted         .               asked again                  renewed       seen
 *
 * An event that does not fit (an unknown job, lease or session, a late verdict) changes nothing.
 * Time never goes back: an event that claims an earlier instant than the last happens at that one.
 */
import { assertNever } from '../domain/assert.ts';
import type { SchedulerEffect } from './effect.ts';
import type { SchedulerEvent } from './event.ts';
import { clearRemains } from './job-course.ts';
import { onAgentLeft, onHeartbeat } from './on-agent-events.ts';
import {
  onJobOver,
  onJobSubmitted,
  onRowsAdopted,
  onRowsClaimed,
  onStagePlanned,
} from './on-job-events.ts';
import { onJudged } from './on-judged.ts';
import { onLeaseRequested } from './on-lease-requested.ts';
import { onResultsReported } from './on-results-reported.ts';
import { onResultsWithdrawn } from './on-results-withdrawn.ts';
import { onRestarted, onTick } from './on-time.ts';
import { Outbox, type Step } from './outbox.ts';
import { joinAgent, onTrustChanged } from './presence.ts';
import { onAgentBarred, onAmnestyGranted, onQuarantineReleased } from './quarantine.ts';
import { onRowsReleased } from './release-rows.ts';
import type { SchedulerState } from './state.ts';

export type Stepped = {
  /** The state that was given, changed. */
  readonly state: SchedulerState;
  readonly effects: readonly SchedulerEffect[];
};

/** Lets one event happen. The same events give the same state and effects, on every machine. */
export function step(state: SchedulerState, event: SchedulerEvent): Stepped {
  const atMs = Math.max(state.nowMs, event.atMs);
  const outbox = new Outbox();
  dispatch({ state, atMs, outbox }, event);
  clearRemains(state);
  state.nowMs = atMs;
  return { state, effects: outbox.effects() };
}

function dispatch(at: Step, event: SchedulerEvent): void {
  switch (event.kind) {
    case 'job-submitted':
      return onJobSubmitted(at, event);
    case 'stage-planned':
      return onStagePlanned(at, event);
    case 'rows-claimed':
      return onRowsClaimed(at, event);
    case 'rows-released':
      return onRowsReleased(at, event);
    case 'rows-adopted':
      return onRowsAdopted(at, event);
    case 'job-finished':
      return onJobOver(at, { job: event.job, end: { kind: 'done' } });
    case 'job-failed':
      return onJobOver(at, { job: event.job, end: { kind: 'failed', failure: event.failure } });
    case 'job-canceled':
      return onJobOver(at, { job: event.job, end: { kind: 'canceled' } });
    case 'agent-joined':
      return joinAgent(at, event);
    case 'agent-barred':
      return onAgentBarred(at, event);
    case 'trust-changed':
      return onTrustChanged(at, event);
    case 'quarantine-released':
      return onQuarantineReleased(at, event);
    case 'amnesty-granted':
      return onAmnestyGranted(at, event);
    case 'rules-adopted':
      at.state.rules = event.rules;
      return;
    case 'agent-left':
      return onAgentLeft(at, event);
    case 'lease-requested':
      return onLeaseRequested(at, event);
    case 'results-reported':
      return onResultsReported(at, event);
    case 'results-withdrawn':
      return onResultsWithdrawn(at, event);
    case 'judged':
      return onJudged(at, event);
    case 'heartbeat':
      return onHeartbeat(at, event);
    case 'tick':
      return onTick(at);
    case 'restarted':
      return onRestarted(at);
    default:
      return assertNever(event);
  }
}
