import {
  COMPILER_STACK_BYTES_MAX,
  FUNCTION_GAS_MAX,
  FUNCTION_MEMORY_BYTES_MAX,
  FUNCTION_STACK_BYTES_MAX,
  GUEST_GAS_MAX,
  GUEST_KEPT_BYTES_MAX,
  GUEST_MEMORY_BYTES_MAX,
  GUEST_STRIDE,
} from '../domain/limits.ts';
import { wideSeedFrom, wideStream, type RandomStream } from '../domain/random.ts';
import { encodeCanonical, type CanonicalValue } from '../integrity/index.ts';
import { sha256 } from '../ledger/hashing.ts';
import { untagged } from './data-text.ts';
import type { Engine } from './engine.ts';
import type { Entry, EntryOutcome } from './entry.ts';
import { startGuest, type Guest, type GuestHost, type GuestLimits, type Stop } from './guest.ts';
import type { Table } from './table.ts';

/** An entry that may run: its function is known, and this is the source that it runs now. */
export type Action = {
  readonly entry: Entry;
  /** Its body, as `textOfData` writes it. */
  readonly text: string;
  readonly code: { readonly id: string; readonly source: string };
};

/** Where a guest reads what functions wrote, and writes what they write. */
export type RunnerState = {
  tableOf(id: string): Table | undefined;
  /** Called for every row that changed; undefined: it is gone. */
  write(row: {
    readonly id: string;
    readonly key: string;
    readonly text: string | undefined;
  }): void;
  setBytes(id: string, stateBytes: number): void;
};

/**
 * Runs actions on a state, in order, and says what each came to.
 *
 * Most run in a shared guest, which is fast and has smaller limits than an action may use. The
 * entry at which a shared guest stops runs once more, alone, in a fresh guest with the real
 * limits; only that verdict counts. What stays within the smaller limits would stay within the
 * larger ones too, so no verdict depends on what ran before. docs/adr/0016.
 *
 * shared: none -> running -> (stopped | grown too large) -> none
 */
export type ActionRunner = {
  run(actions: readonly Action[]): Promise<readonly EntryOutcome[]>;
  /** What each of these would come to, were it the next; none writes anything. */
  tryAll(actions: readonly Action[]): Promise<readonly EntryOutcome[]>;
  /** Why a source cannot be deployed; null where it can. */
  flawOf(source: string): Promise<string | null>;
  dispose(): void;
};

/** What an action may use. */
const ALONE_LIMITS: GuestLimits = {
  gas: FUNCTION_GAS_MAX,
  memoryBytes: FUNCTION_MEMORY_BYTES_MAX,
  stackBytes: FUNCTION_STACK_BYTES_MAX,
};

/** Less of everything but the stack, whose end a function may catch: it is where it is alone. */
const SHARED_LIMITS: GuestLimits = {
  gas: GUEST_GAS_MAX,
  memoryBytes: GUEST_MEMORY_BYTES_MAX,
  stackBytes: FUNCTION_STACK_BYTES_MAX,
};

/** A parser takes little of the engine's stack and much of the browser's. */
const COMPILER_LIMITS: GuestLimits = { ...ALONE_LIMITS, stackBytes: COMPILER_STACK_BYTES_MAX };

/** Opens a runner over a state; nobody else may write that state. */
export function openActionRunner(engine: Engine, state: RunnerState): ActionRunner {
  let shared: SharedGuest | null = null;

  const end = () => {
    shared?.guest.dispose();
    shared = null;
  };

  /** Runs all, in parts of at most `size`. */
  async function runAll(actions: readonly Action[], size: number): Promise<EntryOutcome[]> {
    const outcomes: EntryOutcome[] = [];
    for (let from = 0; from < actions.length;) {
      const part = actions.slice(from, from + size);
      const ran = await runShared(part, 'run');
      if (ran.kind === 'done') {
        outcomes.push(...ran.outcomes);
        from += part.length;
        continue;
      }
      if (ran.kind === 'crowded' && part.length > 1) {
        outcomes.push(...(await runAll(part, Math.ceil(part.length / 2))));
        from += part.length;
        continue;
      }
      // The ones before it once more, in smaller parts, so that few stops cost little.
      const before = part.slice(0, ran.at);
      outcomes.push(...(await runAll(before, Math.ceil(size / 8))));
      const [stopped] = part.slice(ran.at);
      if (stopped !== undefined) outcomes.push(await runAlone(stopped, 'run'));
      from += ran.at + 1;
    }
    return outcomes;
  }

  async function tryAll(actions: readonly Action[]): Promise<readonly EntryOutcome[]> {
    if (actions.length === 0) return [];
    const ran = await runShared(actions, 'trial');
    if (ran.kind === 'done') return ran.outcomes;
    const [first, ...others] = actions;
    if (first === undefined || others.length > 0) {
      const outcomes: EntryOutcome[] = [];
      for (const action of actions) outcomes.push(...(await tryAll([action])));
      return outcomes;
    }
    return [await runAlone(first, 'trial')];
  }

  async function runShared(actions: readonly Action[], mode: Mode): Promise<SharedRun> {
    if (shared !== null && shared.guest.allocatedBytes() > GUEST_KEPT_BYTES_MAX) end();
    shared ??= await startShared(engine, state, SHARED_LIMITS);
    const ran = runIn(shared, { actions, state, mode });
    if (ran.kind !== 'done') end();
    return ran;
  }

  async function runAlone(action: Action, mode: Mode): Promise<EntryOutcome> {
    const alone = await startShared(engine, state, ALONE_LIMITS);
    try {
      const ran = runIn(alone, { actions: [action], state, mode });
      // One outcome of one action.
      if (ran.kind === 'done') return ran.outcomes[0] as EntryOutcome;
      return { kind: 'stopped', limit: ran.stop.limit };
    } finally {
      alone.guest.dispose();
    }
  }

  return {
    run: (actions) => runAll(actions, Math.max(actions.length, 1)),
    tryAll,
    async flawOf(source) {
      const alone = await startShared(engine, state, COMPILER_LIMITS);
      try {
        return alone.guest.flawOf(source);
      } finally {
        alone.guest.dispose();
      }
    },
    dispose: end,
  };
}

/** Whether what actions write stays. */
type Mode = 'run' | 'trial';

type SharedRun =
  | { readonly kind: 'done'; readonly outcomes: readonly EntryOutcome[] }
  /** By this one of them. */
  | { readonly kind: 'stopped'; readonly at: number; readonly stop: Stop }
  /** By all of them together: what they bring or leave does not fit. */
  | { readonly kind: 'crowded'; readonly at: 0; readonly stop: Stop };

/** A guest with what it has been told: which slot is which function, and what runs now. */
type SharedGuest = {
  readonly guest: Guest;
  /** Ids by slot. */
  readonly slots: string[];
  /** The code that is installed, by slot. */
  readonly codes: Map<number, string>;
  running: readonly Action[];
  /** The random streams of those that drew from one. */
  streams: RandomStream[];
};

async function startShared(
  engine: Engine,
  state: RunnerState,
  limits: GuestLimits,
): Promise<SharedGuest> {
  const slots: string[] = [];
  const tableAt = (slot: number) => state.tableOf(slots[slot] ?? '');
  const host: GuestHost = {
    load: (slot, key) => tableAt(slot)?.get(key),
    list: (slot, prefix, limit) => tableAt(slot)?.keysWith(prefix, limit) ?? [],
    slotOf: (id) => (isFunction(state, id) ? slotIn(slots, id) : undefined),
    random(at) {
      started.streams[at] ??= streamOf(started.running[at]);
      return started.streams[at].nextUnit();
    },
  };
  const guest = await startGuest(engine, host, limits);
  const started: SharedGuest = { guest, slots, codes: new Map(), running: [], streams: [] };
  return started;
}

function runIn(
  shared: SharedGuest,
  {
    actions,
    state,
    mode,
  }: {
    readonly actions: readonly Action[];
    readonly state: RunnerState;
    readonly mode: Mode;
  },
): SharedRun {
  const { guest } = shared;
  shared.running = actions;
  shared.streams = [];
  for (const [at, { entry, code }] of actions.entries()) {
    const slot = slotIn(shared.slots, entry.function);
    if (shared.codes.get(slot) === code.id) continue;
    const stateBytes = state.tableOf(entry.function)?.stateBytes ?? 0;
    const stop = guest.install({ slot, id: entry.function, source: code.source, stateBytes });
    if (stop !== null) return { kind: 'stopped', at, stop };
    shared.codes.set(slot, code.id);
  }
  const loaded = guest.load(textOfActions(shared.slots, actions, mode));
  if (loaded !== null) return { kind: 'crowded', at: 0, stop: loaded };
  for (let done = 0; done < actions.length; done += GUEST_STRIDE) {
    const stop = guest.run(GUEST_STRIDE);
    if (stop !== null) return { kind: 'stopped', at: guest.position(), stop };
  }
  const flushed = guest.flush();
  if ('limit' in flushed) return { kind: 'crowded', at: 0, stop: flushed };
  return { kind: 'done', outcomes: settle(shared, flushed.text, state) };
}

/** As the prelude's `flush` writes it: outcomes as pairs, then rows by slot. */
type Flushed = readonly [
  readonly (CanonicalValue | 0 | 1 | 2)[],
  readonly (readonly [number, number, readonly (readonly [string, CanonicalValue?, 1?])[]])[],
];

function settle(shared: SharedGuest, text: string, state: RunnerState): readonly EntryOutcome[] {
  // The prelude is ours, and no guest can change what it writes.
  const [pairs, written] = JSON.parse(text) as Flushed;
  for (const [slot, stateBytes, rows] of written) {
    const id = shared.slots[slot] ?? '';
    for (const [key, value, isTagged] of rows) {
      const row = value === undefined ? undefined : `${isTagged ?? 0}${JSON.stringify(value)}`;
      state.write({ id, key, text: row });
    }
    state.setBytes(id, stateBytes);
  }
  const outcomes: EntryOutcome[] = [];
  for (let at = 0; at < pairs.length; at += 2) {
    const [kind, value = null] = [pairs[at], pairs[at + 1]];
    if (kind === 2) outcomes.push({ kind: 'thrown', message: String(value) });
    else outcomes.push({ kind: 'done', value: kind === 1 ? untagged(value) : value });
  }
  return outcomes;
}

function textOfActions(slots: string[], actions: readonly Action[], mode: Mode): string {
  const callers = new Map<string, number>();
  let rows = '';
  for (const { entry, text } of actions) {
    const { index, atMs, caller } = entry;
    const known = callers.get(caller) ?? callers.size;
    if (known === callers.size) callers.set(caller, known);
    const slot = slotIn(slots, entry.function);
    const isTagged = text.startsWith('1') ? ',1' : '';
    rows += `${rows === '' ? '' : ','}[${index},${atMs},${known},${slot},${text.slice(1)}${isTagged}]`;
  }
  const isTrial = mode === 'trial' ? ',"isTrial":true' : '';
  return `{"callers":${JSON.stringify([...callers.keys()])},"entries":[${rows}]${isTrial}}`;
}

/** Whether other functions may read it: not the machine's own table, which changes beside them. */
function isFunction(state: RunnerState, id: string): boolean {
  return id !== '' && state.tableOf(id) !== undefined;
}

function slotIn(slots: string[], id: string): number {
  const known = slots.indexOf(id);
  return known >= 0 ? known : slots.push(id) - 1;
}

/** Whoever signs an entry can try many anchors: this is fair among honest callers, not a lottery. */
function streamOf(action: Action | undefined): RandomStream {
  const { index, caller, anchor, function: id } = action?.entry ?? { index: 0 };
  const seed = sha256(encodeCanonical([index, caller ?? '', anchor ?? '', id ?? '']));
  return wideStream(wideSeedFrom(seed), 'action');
}
