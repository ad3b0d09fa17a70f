import type { AgentSnapshot, IdleWhy, MoveView, SelfTest } from '../agent/native/index.ts';
import { printable } from './printable.ts';
import { clockTime, grouped } from './progress.ts';

const IDLE_WORDS: Readonly<Record<IdleWhy, string>> = {
  no_jobs: 'nothing is queued',
  all_leased: 'others compute every open task',
  missing_primitive: 'open tasks need what this device cannot compute',
  memory_too_small: 'open tasks need more memory than --memory lends',
  already_did: 'open tasks wait for an answer of someone else',
  retry_later: 'open tasks failed lately and are tried again after a pause',
  first_results_pending: 'more tasks come once the first results are found right',
  checks_behind: 'results wait for their checks: no new tasks until that has caught up',
  range_at_share: 'agents at this address have as large a part of the open jobs as they may',
  quarantined: 'results of this agent failed checks: no work for now',
  too_many_leases: 'holds as many tasks as it may',
  shutting_down: 'the orchestrator restarts',
  stopped: 'stopped',
  paused: 'paused',
  joining: 'joining: checking what this device computes rightly',
  reconnecting: 'trying to reach the orchestrator again',
  refused: 'the orchestrator refused this agent',
  asking: 'asking for work',
  fetching_data: 'fetching what the next task needs',
  loading: 'loading the model',
  reporting: 'handing in results',
};

/** One line about an agent: what it does or why it does nothing, and what was accepted of it. */
export function agentLine(
  snapshot: AgentSnapshot,
  { nowMs, width }: { readonly nowMs: number; readonly width: number },
): string {
  const { standing } = snapshot;
  const accepted = standing === null ? [] : [`${grouped(standing.accepted)} accepted`];
  const rejected =
    standing === null || standing.rejected === 0 ? [] : [`${grouped(standing.rejected)} rejected`];
  const checking =
    standing === null || standing.pending === 0
      ? []
      : [`${grouped(standing.pending)} being checked`];
  const parts = [doing(snapshot, nowMs), ...accepted, ...checking, ...rejected];
  return parts.join('  ').slice(0, Math.max(width - 1, 0));
}

/** What is told once an agent joined another orchestrator. */
export function moveLine({ from, to, failure }: MoveView): string {
  return `Moved from ${from} to ${to}: ${printable(failure.message)}`;
}

/** What is told once the device was tried again: what it computes wrongly now, and what it does. */
export function selfTestLine(
  { why, failed }: SelfTest,
  { capability }: Pick<AgentSnapshot, 'capability'>,
): string {
  const backends = [...new Set(failed.map(({ backend }) => backend))];
  const wrong = backends.map((backend) => {
    const names = failed.filter((one) => one.backend === backend).map(({ primitive }) => primitive);
    const others = names.flatMap((name) => capability?.primitives[name] ?? []);
    const then = others.length === 0 ? 'does without' : `uses ${[...new Set(others)].join(', ')}`;
    return `This device computes ${names.join(', ')} wrongly on ${backend}; it now ${then}.`;
  });
  if (why === 'working') return wrong.join(' ');
  const right = 'This device computes all test vectors rightly: they do not tell what was wrong.';
  return `Tried again because of the quarantine. ${wrong.length === 0 ? right : wrong.join(' ')}`;
}

function doing(snapshot: AgentSnapshot, nowMs: number): string {
  const [first, ...others] = snapshot.tasks;
  if (first !== undefined) {
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    const backend = first.backend === null ? '' : ` on ${first.backend}`;
    const rows = first.rows === 1 ? '1 row' : `${grouped(first.rows)} rows`;
    return `computing ${printable(first.jobName)}${backend}, ${rows}${more}`;
  }
  if (snapshot.idle === null) {
    // Between two tasks.
    const { recent, phase } = snapshot;
    return recent === null ? phase : `computing ${printable(recent.jobName)}`;
  }
  const next = snapshot.nextTryAtMs === null ? '' : `, next try in ${until(snapshot, nowMs)}`;
  return `idle: ${IDLE_WORDS[snapshot.idle.why]}${reason(snapshot)}${next}`;
}

/** What the connection failed with, while it is being tried again. */
function reason({ idle, lastFailure }: AgentSnapshot): string {
  if (idle?.why !== 'reconnecting' || lastFailure === null) return '';
  return ` (${printable(lastFailure.failure.message)})`;
}

function until({ nextTryAtMs }: AgentSnapshot, nowMs: number): string {
  return clockTime((nextTryAtMs ?? nowMs) - nowMs);
}
