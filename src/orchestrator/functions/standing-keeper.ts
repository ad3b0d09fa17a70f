// Writes into the function `standing` who is quarantined here, and whose quarantine ended early; and
// ends here what another judge decided there on appeal, or an amnesty forgave.
//
// What the scheduler says is compared with what was written, at the start and after each change: so
// a crash between the two loses nothing, and nothing is written twice.
import type { AgentId } from '../../domain/ids.ts';
import { STANDING_LOOK_MS, STANDING_RETRY_MS, STATE_ROWS_MAX } from '../../domain/limits.ts';
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { actionDraft } from '../../execution-machine/index.ts';
import { encodeCanonical, type CanonicalValue } from '../../integrity/index.ts';
import { sha256 } from '../../ledger/hashing.ts';
import { listQuarantines, type SchedulerEffect } from '../../scheduler/index.ts';
import type { Coordinator } from '../coordinator.ts';
import type { JobHome } from '../jobs/job-home.ts';
import type { Logger } from '../logger.ts';
import type { Platform } from '../platform.ts';
import type { NetworkRecord } from '../record/network-record.ts';
import type { RecordFunctions } from './record-functions.ts';
import { amnestyMsOf, decisionsIn, standingRowOf, type StandingRow } from './standing-rows.ts';

export type StandingParts = {
  readonly functions: Pick<RecordFunctions, 'network' | 'list'>;
  readonly record: Pick<NetworkRecord, 'logKey' | 'size' | 'write'>;
  readonly coordinator: Pick<Coordinator, 'state' | 'submit' | 'onEffect'>;
  readonly home: Pick<JobHome, 'release'>;
  readonly logger: Logger;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  readonly platform: Pick<Platform, 'after'>;
};

const REASON_CHARS_MAX = 500;
const KINDS = new Set<SchedulerEffect['kind']>([
  'agent-quarantined',
  'agent-barred',
  'quarantine-ended',
]);

/** Keeps `standing` as the scheduler has it, until it is stopped. */
export function keepStanding(parts: StandingParts): { stop(): void } {
  const { coordinator, logger, platform } = parts;
  const reasons = new Map<AgentId, string>();
  /** Until when, by key, as it stands in the record; null before it was read. */
  let written: Map<string, number> | null = null;
  let isStopped = false;
  let isWriting = false;
  let isChanged = true;
  let cancel = (): void => {};
  /** How much of the record was looked through for decisions. */
  let lookedSize = -1;
  let cancelLook = (): void => {};

  const settle = async (): Promise<void> => {
    if (isWriting || isStopped) return;
    isWriting = true;
    const hasMore = (): boolean => isChanged && !isStopped;
    while (hasMore()) {
      isChanged = false;
      const settled = await writeDifference();
      if (settled.ok) continue;
      logger.debug(`quarantines are not written yet: ${settled.failure.message}`);
      cancel = platform.after(STANDING_RETRY_MS, () => {
        isChanged = true;
        void settle();
      });
      break;
    }
    isWriting = false;
  };

  const writeDifference = async (): Promise<Outcome<void>> => {
    if (written === null) {
      const read = await readRows(parts);
      if (!read.ok) return read;
      written = new Map();
      for (const [agent, { judge, untilMs }] of read.value.rows) {
        if (judge === parts.record.logKey && untilMs > parts.now()) written.set(agent, untilMs);
      }
    }
    const present = new Map<string, number>();
    for (const { agent, quarantine } of listQuarantines(coordinator.state)) {
      const { untilMs, reason } = quarantine;
      present.set(agent, untilMs);
      if (written.get(agent) === untilMs || untilMs <= parts.now()) continue;
      const evidence = reason.slice(0, REASON_CHARS_MAX);
      const body = { kind: 'quarantine', key: agent, untilMs, evidence };
      const wrote = await write(parts, body, [agent, untilMs]);
      if (!wrote.ok) return wrote;
      written.set(agent, untilMs);
    }
    for (const [agent, untilMs] of written) {
      if (present.has(agent)) continue;
      if (untilMs > parts.now()) {
        const words = reasons.get(agent as AgentId) ?? 'ended by the operator';
        const body = { kind: 'end', key: agent, words: words.slice(0, REASON_CHARS_MAX) };
        const wrote = await write(parts, body, [agent, untilMs, 'end']);
        if (!wrote.ok) return wrote;
      }
      written.delete(agent);
    }
    reasons.clear();
    return succeed(undefined);
  };

  /** Ends here what was ended there by others. */
  const takeDecisions = async (): Promise<void> => {
    const size = parts.record.size();
    if (written === null || written.size === 0 || size === lookedSize) return;
    const read = await readRows(parts);
    if (!read.ok) return;
    lookedSize = size;
    const present = new Map<string, number>();
    for (const { agent, quarantine } of listQuarantines(coordinator.state)) {
      present.set(agent, quarantine.untilMs);
    }
    for (const { agent, reason } of decisionsIn(read.value, parts.record.logKey)) {
      const untilMs = present.get(agent);
      // One that began since is another.
      if (untilMs === undefined || written.get(agent) !== untilMs) continue;
      // What the record has need not be told to it.
      written.delete(agent);
      const released = await release(parts, agent as AgentId, reason);
      if (released.ok) logger.warn('key released by the record', { agent, reason });
      else {
        written.set(agent, untilMs);
        lookedSize = -1;
        logger.error(`a decision waits: ${released.failure.message}`);
      }
    }
  };
  const look = async (): Promise<void> => {
    await takeDecisions();
    if (!isStopped) lookLater();
  };
  const lookLater = (): void => {
    cancelLook = platform.after(STANDING_LOOK_MS, () => void look());
  };
  lookLater();

  coordinator.onEffect((effect) => {
    if (!KINDS.has(effect.kind)) return;
    if (effect.kind === 'quarantine-ended' && effect.reason !== '') {
      reasons.set(effect.agent, effect.reason);
    }
    isChanged = true;
    void settle();
  });
  void settle();

  return {
    stop() {
      isStopped = true;
      cancel();
      cancelLook();
    },
  };
}

/** All rows of `standing`, as of the whole record. Errors: "unavailable". */
async function readRows(
  parts: StandingParts,
): Promise<Outcome<{ readonly rows: Map<string, StandingRow>; readonly amnestyMs: number }>> {
  const { functions, record } = parts;
  const { id } = functions.network.standing;
  const size = record.size();
  const rows = new Map<string, StandingRow>();
  for (let after = ''; ;) {
    const list = await functions.list({
      ...{ function: id, prefix: 'of/', after },
      limit: STATE_ROWS_MAX,
    });
    if (!list.ok) return list;
    if (list.value.head.size < size) return notYet();
    for (const { key, value } of list.value.rows) {
      const row = standingRowOf(value);
      if (row !== null) rows.set(key.slice('of/'.length), row);
    }
    if (list.value.rows.length < STATE_ROWS_MAX) break;
    after = list.value.rows.at(-1)?.key ?? '';
  }
  const amnesty = await functions.list({ function: id, prefix: 'amnesty', after: '', limit: 1 });
  if (!amnesty.ok) return amnesty;
  const [row] = amnesty.value.rows;
  return succeed({ rows, amnestyMs: row === undefined ? -1 : amnestyMsOf(row.value) });
}

/** Ends a quarantine, here and where other members have the key. */
async function release(
  { coordinator, home }: StandingParts,
  agent: AgentId,
  reason: string,
): Promise<Outcome<void>> {
  const effects = await coordinator.submit({ kind: 'quarantine-released', agent, reason });
  if (!effects.ok) return effects;
  for (const effect of effects.value) {
    if (effect.kind !== 'quarantine-ended') continue;
    const told = await home.release(effect.agent, effect.reason);
    if (!told.ok) return told;
  }
  return succeed(undefined);
}

function notYet(): Outcome<never> {
  return fail(failure('unavailable', 'The functions are being read from the record. Try again.'));
}

/** Each under an anchor of its own, so that it is written once. */
async function write(
  { record, functions }: StandingParts,
  body: CanonicalValue,
  about: readonly CanonicalValue[],
): Promise<Outcome<void>> {
  const anchor = sha256(encodeCanonical(['standing', ...about]));
  const id = functions.network.standing.id;
  const written = await record.write(actionDraft({ function: id, body, anchor }));
  if (written.ok || written.failure.code === 'entry_duplicate') return succeed(undefined);
  return written;
}
