// Writes into the function `standing` who is quarantined here, and whose quarantine ended early.
//
// What the scheduler says is compared with what was written, at the start and after each change: so
// a crash between the two loses nothing, and nothing is written twice.
import type { AgentId } from '../../domain/ids.ts';
import { STANDING_RETRY_MS, STATE_ROWS_MAX } from '../../domain/limits.ts';
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { actionDraft } from '../../execution-machine/index.ts';
import { decodeCanonical, encodeCanonical, type CanonicalValue } from '../../integrity/index.ts';
import { sha256 } from '../../ledger/hashing.ts';
import {
  listQuarantines,
  type SchedulerEffect,
  type SchedulerState,
} from '../../scheduler/index.ts';
import type { Logger } from '../logger.ts';
import type { Platform } from '../platform.ts';
import type { NetworkRecord } from '../record/network-record.ts';
import type { RecordFunctions } from './record-functions.ts';

export type StandingParts = {
  readonly functions: Pick<RecordFunctions, 'network' | 'list'>;
  readonly record: Pick<NetworkRecord, 'logKey' | 'size' | 'write'>;
  readonly coordinator: {
    readonly state: SchedulerState;
    onEffect(listener: (effect: SchedulerEffect) => void): void;
  };
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
      const read = await readWritten(parts);
      if (!read.ok) return read;
      written = read.value;
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
    },
  };
}

/** The quarantines that the record has, and that are not over. */
async function readWritten(parts: StandingParts): Promise<Outcome<Map<string, number>>> {
  const { functions, record, now } = parts;
  const size = record.size();
  const written = new Map<string, number>();
  for (let after = ''; ;) {
    const of = { function: functions.network.standing.id, prefix: 'of/', after };
    const list = await functions.list({ ...of, limit: STATE_ROWS_MAX });
    if (!list.ok) return list;
    const { rows, head } = list.value;
    if (head.size < size) return notYet();
    for (const { key, value } of rows) {
      const untilMs = ownUntilMs(value, record.logKey);
      if (untilMs !== null && untilMs > now()) written.set(key.slice('of/'.length), untilMs);
    }
    if (rows.length < STATE_ROWS_MAX) return succeed(written);
    after = rows.at(-1)?.key ?? '';
  }
}

function notYet(): Outcome<never> {
  return fail(failure('unavailable', 'The functions are being read from the record. Try again.'));
}

/** Until when a row says that its key is quarantined, where we wrote it; null: by another. */
function ownUntilMs(value: Uint8Array, judge: string): number | null {
  const decoded = decodeCanonical(value);
  if (!decoded.ok || typeof decoded.value !== 'object' || decoded.value === null) return null;
  const row = new Map(Object.entries(decoded.value));
  const untilMs = row.get('untilMs');
  return row.get('judge') === judge && typeof untilMs === 'number' ? untilMs : null;
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
