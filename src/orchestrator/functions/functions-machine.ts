// All functions of a record, in the thread that has them: entries are folded as they come, and
// what is asked is answered from the state behind them.
//
//   begin -> (fold | tryAll | read ...)* ; reset -> as if there had been no snapshot
import { assert } from '../../domain/assert.ts';
import { FUNCTIONS_SNAPSHOT_ENTRIES } from '../../domain/limits.ts';
import type { AgentId } from '../../domain/ids.ts';
import { succeed } from '../../domain/outcome.ts';
import {
  encodeStateProof,
  LogReading,
  MachineState,
  openProcessor,
  type Engine,
  type Entry,
  type EntryOutcome,
  type Processor,
  type RootClaim,
} from '../../execution-machine/index.ts';
import { encodeCanonical, equalBytes } from '../../integrity/index.ts';
import { sha256 } from '../../ledger/hashing.ts';
import { decodeBundle, decodeEntry } from '../../ledger/index.ts';
import { ClaimedStates } from './claimed-states.ts';
import type {
  Beginning,
  Folded,
  FunctionsThread,
  Head,
  ToldOutcome,
  Tried,
} from './functions-message.ts';
import { RecentOutcomes } from './recent-outcomes.ts';
import { dropSnapshot, readSnapshot, writeSnapshot } from './snapshot-file.ts';

/** What a thread has, once it began. */
type Course = {
  readonly processor: Processor;
  readonly state: MachineState;
  readonly reading: LogReading;
  readonly logKey: AgentId;
  readonly outcomes: RecentOutcomes;
  readonly claimed: ClaimedStates;
  size: number;
  lastEntry: Uint8Array | null;
  /** Place of the last action, or of what may be one. */
  lastAction: number;
  keptSize: number;
};

/** The functions of one record. Calls must not overlap. */
export function functionsMachine(engine: Engine): FunctionsThread & { dispose(): void } {
  let beginning: Beginning | null = null;
  let course: Course | null = null;

  const begun = (): Course => {
    assert(course !== null, 'a thread that began');
    return course;
  };

  const start = (at: ReturnType<typeof readSnapshot>): Course => {
    assert(beginning !== null, 'a thread that began');
    const found = at.ok ? at.value : null;
    const state = found?.state ?? new MachineState();
    const size = found?.size ?? 0;
    return {
      state,
      processor: openProcessor(engine, { state }),
      reading: new LogReading(beginning.logKey, found?.atMs ?? 0),
      logKey: beginning.logKey,
      outcomes: found?.outcomes ?? new RecentOutcomes(),
      claimed: new ClaimedStates(),
      size,
      lastEntry: found?.lastEntry ?? null,
      lastAction: size - 1,
      keptSize: size,
    };
  };

  const keep = (): void => {
    const { size, lastEntry, keptSize, processor, state, reading, outcomes } = begun();
    if (beginning?.isKeeper !== true || lastEntry === null || size === keptSize) return;
    const { atMs } = reading;
    const of = { size, lastEntry, atMs, state, outcomes, stateBytes: processor.snapshot() };
    writeSnapshot(beginning.folder, of);
    begun().keptSize = size;
  };

  const headOf = ({ size, state }: Course): Head => ({ size, root: state.root() });

  const foldActions = async (actions: readonly Entry[]): Promise<void> => {
    const { processor, outcomes } = begun();
    const folded = await processor.apply(actions);
    for (const [at, { index }] of actions.entries()) {
      outcomes.add(index, told(folded[at] as EntryOutcome));
    }
  };

  return {
    async begin(of) {
      beginning = of;
      const found = readSnapshot(of.folder);
      course = start(found);
      const flaw = found.ok ? null : found.failure.message;
      return { size: course.size, lastEntry: course.lastEntry, flaw };
    },

    reset() {
      begun().processor.dispose();
      if (beginning?.isKeeper === true) dropSnapshot(beginning.folder);
      course = start(succeed(null));
    },

    async fold(bundle) {
      const now = begun();
      const entries = entriesIn(bundle);
      let actions: Entry[] = [];
      let actionCount = 0;
      let difference: Folded['difference'] = null;
      for (const bytes of entries) {
        const index = now.size;
        const read = now.reading.read(index, verifiedEntryOf(bytes));
        if (read.kind === 'action') {
          actions.push(read.entry);
          now.lastAction = index;
          actionCount += 1;
        } else if (read.kind === 'root') {
          const { claim } = read;
          const isNow = isComparable(claim, now);
          if (isNow) {
            await foldActions(actions);
            actions = [];
            const isSame = equalBytes(now.state.root(), claim.root);
            if (!isSame) difference ??= { index: claim.index, claimedBy: index };
          }
          now.claimed.claim(claim, index, isNow ? now.state.view() : null);
        }
        now.size = index + 1;
      }
      await foldActions(actions);
      const last = entries.at(-1);
      if (last !== undefined) now.lastEntry = sha256(last);
      now.claimed.forgetBehind(now.lastAction);
      if (now.size - now.keptSize >= FUNCTIONS_SNAPSHOT_ENTRIES && difference === null) keep();
      return { size: now.size, actionCount, difference };
    },

    async tryAll(bundle, atMs) {
      const { size, reading, processor, logKey } = begun();
      const next = new LogReading(logKey, Math.max(atMs, reading.atMs));
      const read = entriesIn(bundle).map((bytes) => next.read(size, verifiedEntryOf(bytes)));
      const actions = read.flatMap((one) => (one.kind === 'action' ? [one.entry] : []));
      const ran = [...(await processor.tryAll(actions))];
      return read.map((one) => {
        // One of each action.
        if (one.kind === 'action') return tried(ran.shift() as EntryOutcome);
        return { kind: 'other', reason: null, detail: '' };
      });
    },

    outcomeOf: (index) => begun().outcomes.of(index, begun().size),

    read(of, claimedBefore) {
      const { state, size, claimed } = begun();
      const found = claimedBefore === null ? null : claimed.newest(claimedBefore);
      const { view, ...at } = found ?? { view: state.view(), size, claimedIn: null };
      const { value, proof } = view.row(of);
      return {
        value: value === undefined ? null : encodeCanonical(value),
        proof: encodeStateProof(proof),
        head: { size: at.size, root: view.root },
        claimedIn: at.claimedIn,
      };
    },

    list({ function: id, prefix, after, limit }) {
      const rows = begun().processor.list({ function: id, prefix, after, limit });
      const encoded = rows.map(([key, value]) => ({ key, value: encodeCanonical(value) }));
      return { rows: encoded, head: headOf(begun()) };
    },

    functionOf: (id) => begun().processor.functionOf(id) ?? null,

    mark(publishedSize) {
      const { state, size, claimed } = begun();
      const view = state.view();
      return claimed.mark({ size, view }, publishedSize) ? { size, root: view.root } : null;
    },

    keep,
    dispose: () => course?.processor.dispose(),
  };
}

/** Whether the state is still what it was after the entry that a claim is about. */
function isComparable({ index }: RootClaim, { lastAction, size }: Course): boolean {
  return index >= lastAction && index < size;
}

function entriesIn(bundle: Uint8Array): readonly Uint8Array[] {
  const entries = decodeBundle(bundle);
  assert(entries !== null, 'a bundle of the record');
  return entries;
}

/** The record verifies entries before they come here. */
function verifiedEntryOf(bytes: Uint8Array) {
  const decoded = decodeEntry(bytes);
  assert(decoded.ok, 'an entry of the record can be read');
  return decoded.value.entry;
}

function told(outcome: EntryOutcome): ToldOutcome {
  switch (outcome.kind) {
    case 'done':
      return { kind: 'done', value: encodeCanonical(outcome.value) };
    case 'thrown':
      return { kind: 'thrown', detail: outcome.message };
    case 'stopped':
      return { kind: 'stopped', detail: outcome.limit };
    case 'refused':
      return { kind: 'refused', detail: `${outcome.reason}: ${outcome.detail}`.slice(0, 400) };
  }
}

function tried(outcome: EntryOutcome): Tried {
  const { kind } = outcome;
  if (kind === 'refused') return { kind, reason: outcome.reason, detail: outcome.detail };
  if (kind === 'stopped') return { kind, reason: outcome.limit, detail: '' };
  return { kind, reason: null, detail: kind === 'thrown' ? outcome.message : '' };
}
