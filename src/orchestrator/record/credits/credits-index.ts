import { assert } from '../../../domain/assert.ts';
import type { AgentId } from '../../../domain/ids.ts';
import { succeed, type Outcome } from '../../../domain/outcome.ts';
import { functionTagOf, LogReading } from '../../../execution-machine/index.ts';
import { equalBytes, publicKeyOf } from '../../../integrity/index.ts';
import {
  decodeCredits,
  decodeEntry,
  ownerAndAnchorOf,
  type CreditedTask,
  type CreditsKind,
  type Entry,
} from '../../../ledger/index.ts';
import type { NetworkRecord } from '../network-record.ts';
import { spanIn, type CreditPosition } from './credit-position.ts';

/** An entry that credits a key. */
export type KeyCredits = {
  readonly index: number;
  /** Tasks of the key that it credits; those that it takes back are not counted. */
  readonly taskCount: number;
  /** Units of the key in it, before their prices; below 0 where it takes some back. */
  readonly units: number;
  readonly atMs: number;
};

const NUMBERS = 4;

/** Which entries credit which key. Memory: about 32 bytes for each key of each entry. */
export class CreditsIndex {
  readonly #byKey = new Map<AgentId, number[]>();

  /** Adds an entry, behind all that were added. */
  add(of: {
    readonly index: number;
    readonly atMs: number;
    readonly kind: CreditsKind;
    readonly tasks: readonly CreditedTask[];
  }): void {
    const sums = new Map<AgentId, { taskCount: number; units: number }>();
    const sign = of.kind === 'credits' ? 1 : -1;
    for (const { agent, units } of of.tasks) {
      const { taskCount, units: sum } = sums.get(agent) ?? { taskCount: 0, units: 0 };
      const count = of.kind === 'credits' ? taskCount + 1 : 0;
      sums.set(agent, { taskCount: count, units: sum + sign * units });
    }
    for (const [agent, { taskCount, units }] of sums) {
      const numbers = this.#byKey.get(agent) ?? [];
      numbers.push(of.index, taskCount, units, of.atMs);
      this.#byKey.set(agent, numbers);
    }
  }

  /** Entries that credit a key, the newest first, from before an index on; at most so many. */
  list(agent: AgentId, page: { readonly before: number; readonly most: number }): KeyCredits[] {
    const numbers = this.#byKey.get(agent) ?? [];
    const found: KeyCredits[] = [];
    for (let at = numbers.length - NUMBERS; at >= 0 && found.length < page.most; at -= NUMBERS) {
      const [index = 0, taskCount = 0, units = 0, atMs = 0] = numbers.slice(at, at + NUMBERS);
      if (index < page.before) found.push({ index, taskCount, units, atMs });
    }
    return found;
  }
}

/** What the record says of credits. */
export type RecordedCredits = {
  readonly index: CreditsIndex;
  /** How far it followed each log of a scheduler. */
  readonly written: ReadonlyMap<string, CreditPosition>;
};

/** Reads all of a record for the credits that its own key wrote. Errors: those of `entries`. */
export async function readCredits(
  record: Pick<NetworkRecord, 'entries' | 'size' | 'logKey'>,
  creditsFunction: string,
): Promise<Outcome<RecordedCredits>> {
  const index = new CreditsIndex();
  const written = new Map<string, CreditPosition>();
  const reading = new LogReading(record.logKey);
  const owner = publicKeyOf(record.logKey);
  assert(owner.ok, 'a log has a key');
  const size = record.size();
  for (let at = 0; at < size;) {
    const entries = await record.entries(at, size);
    if (!entries.ok) return entries;
    for (const bytes of entries.value) {
      // Strangers' entries, most of them, need not be decoded.
      if (equalBytes(ownerAndAnchorOf(bytes).owner, owner.value)) {
        const decoded = decodeEntry(bytes);
        assert(decoded.ok, 'an entry of the record decodes');
        const { entry } = decoded.value;
        reading.read(at, entry);
        const credits = creditsIn(entry, creditsFunction);
        if (credits !== null) index.add({ index: at, atMs: reading.atMs, ...credits });
        const span = credits === null ? null : spanIn(entry.tags);
        if (span !== null) written.set(span.stream, span.to);
      }
      at += 1;
    }
  }
  return succeed({ index, written });
}

function creditsIn(
  { tags, body }: Entry,
  creditsFunction: string,
): { readonly kind: CreditsKind; readonly tasks: readonly CreditedTask[] } | null {
  if (functionTagOf({ tags }) !== creditsFunction) return null;
  for (const kind of ['credits', 'debits'] as const) {
    const tasks = decodeCredits(body, kind);
    if (tasks.ok) return { kind, tasks: tasks.value };
  }
  return null;
}
