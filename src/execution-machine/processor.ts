import {
  ENTRY_ANCHOR_CHARS_MAX,
  FUNCTION_ACTION_CHARS_MAX,
  FUNCTION_DATA_DEPTH_MAX,
  GUEST_ENTRIES_MAX,
  GUEST_TEXT_CHARS_MAX,
} from '../domain/limits.ts';
import type { CanonicalValue } from '../integrity/index.ts';
import { isWithinDepth, textOfData } from './data-text.ts';
import type { Engine } from './engine.ts';
import { refuse, type Entry, type EntryOutcome } from './entry.ts';
import { changesOf, deploy, tryChange, upgrade } from './lifecycle.ts';
import { codeAt, MachineState, recordOf, type RunningCode } from './machine-state.ts';
import { openActionRunner, type Action } from './action-runner.ts';
import type { StateProof } from './state-proof.ts';

/**
 * Folds entries into state: the latest of every function, its root, and what each entry came to.
 *
 * The same entries give the same outcomes and roots wherever they are folded, and however they are
 * cut into calls. An entry is refused, or runs and is done, thrown or stopped; nothing else.
 */
export type Processor = {
  /** Folds entries that follow the last ones. Call it again only when it has answered. */
  apply(entries: readonly Entry[]): Promise<readonly EntryOutcome[]>;
  /**
   * What each of these would come to if it followed now; nothing changes. For whoever decides what
   * is taken into the log. Call it only when `apply` has answered.
   */
  tryAll(entries: readonly Entry[]): Promise<readonly EntryOutcome[]>;
  /** The index that the next entry has at least. */
  readonly nextIndex: number;
  /** Commits to all state after the last entry. */
  root(): Uint8Array;
  /** The value of a function's key; undefined where there is none. */
  read(of: { readonly function: string; readonly key: string }): CanonicalValue | undefined;
  /** Rows in the order of their keys; `after`: only those behind this key. */
  list(of: {
    readonly function: string;
    readonly prefix: string;
    readonly limit: number;
    readonly after?: string;
  }): readonly (readonly [string, CanonicalValue])[];
  /** What a function runs now; undefined where none has this id. */
  functionOf(id: string): RunningFunction | undefined;
  /** Shows what the root says of a key. */
  prove(of: { readonly function: string; readonly key: string }): StateProof;
  /** All that is needed to go on from here: canonical bytes. */
  snapshot(): Uint8Array;
  dispose(): void;
};

/** What runs under a function's id, and who may change it. */
export type RunningFunction = {
  readonly code: string;
  readonly source: string;
  readonly governance: string | null;
};

/** Other code for a function, from the beginning: only to ask what would have been. */
export type Supposition = { readonly function: string; readonly source: string };

/** Opens a processor over an empty state or a snapshot's. */
export function openProcessor(
  engine: Engine,
  { state = new MachineState(), suppose }: { state?: MachineState; suppose?: Supposition } = {},
): Processor {
  const runner = openActionRunner(engine, state);

  /** What functions run now, until an entry changes one. */
  const known = new Map<string, RunningCode | undefined>();

  function runningCode(entry: Entry): RunningCode | undefined {
    const found = known.get(entry.function);
    if (found !== undefined && entry.index < found.untilIndex) return found;
    const code = codeAt(state, entry);
    const isSupposed = suppose?.function === entry.function;
    const running = code && isSupposed ? { ...code, source: suppose.source } : code;
    known.set(entry.function, running);
    return running;
  }

  /** What an entry is before it runs: an action, a change of functions, or refused already. */
  function classify(entry: Entry): Classified {
    if (!state.isFirst(entry)) return refused(refuse('replayed', 'this caller used this anchor'));
    return classifyFirst(entry);
  }

  function classifyFirst(entry: Entry): Classified {
    const { body } = entry;
    if (body === undefined) {
      return refused(refuse('body_malformed', 'the body is not canonical dag-cbor'));
    }
    if (entry.anchor.length > ENTRY_ANCHOR_CHARS_MAX) {
      return refused(refuse('body_malformed', 'the anchor is too long'));
    }
    if (!isWithinDepth(body, FUNCTION_DATA_DEPTH_MAX)) {
      return refused(refuse('body_malformed', 'the body nests too deep, or has a key __proto__'));
    }
    const text = textOfData(body);
    if (text.length > FUNCTION_ACTION_CHARS_MAX) {
      return refused(refuse('body_too_large', `at most ${FUNCTION_ACTION_CHARS_MAX} characters`));
    }
    if (entry.function === 'deploy') return { kind: 'change', make: () => deploy(context, entry) };
    if (entry.function === 'upgrade')
      return { kind: 'change', make: () => upgrade(context, entry) };
    const code = runningCode(entry);
    if (code === undefined) {
      return refused(refuse('function_unknown', entry.function.slice(0, 100)));
    }
    return { kind: 'action', action: { entry, text, code } };
  }
  const context = { engine, state, runner, changes: changesOf(state) };

  return {
    async apply(entries) {
      const outcomes: (EntryOutcome | Action)[] = [];
      let batch = emptyBatch();
      const runBatch = async () => {
        const ran = await runner.run(batch.actions);
        for (const [at, outcome] of ran.entries()) outcomes[batch.places[at] ?? 0] = outcome;
        batch = emptyBatch();
      };
      for (const entry of entries) {
        state.advanceTo(entry.index);
        const classified = classify(entry);
        if (classified.kind === 'refused') {
          outcomes.push(classified.outcome);
        } else if (classified.kind === 'change') {
          await runBatch();
          outcomes.push(await classified.make());
          known.clear();
        } else {
          if (!fits(batch, classified.action)) await runBatch();
          add(batch, classified.action, outcomes.length);
          // Its outcome takes its place.
          outcomes.push(classified.action);
        }
      }
      await runBatch();
      // All actions have been written over: each of a batch has an outcome.
      return outcomes as EntryOutcome[];
    },
    async tryAll(entries) {
      const classified = entries.map(classifyFirst);
      const actions = classified.flatMap((one) => (one.kind === 'action' ? [one.action] : []));
      const ran = [...(await runner.tryAll(actions))];
      const outcomes: EntryOutcome[] = [];
      for (const [at, one] of classified.entries()) {
        if (one.kind === 'refused') outcomes.push(one.outcome);
        // One of each.
        else if (one.kind === 'action') outcomes.push(ran.shift() as EntryOutcome);
        else outcomes.push(await tryChange(context, entries[at] as Entry));
      }
      return outcomes;
    },
    get nextIndex() {
      return state.nextIndex;
    },
    root: () => state.root(),
    read: (of) => state.read(of),
    list: (of) => state.list(of),
    functionOf(id) {
      const code = codeAt(state, { function: id, index: state.nextIndex });
      if (code === undefined) return undefined;
      const governance = recordOf(state, id)?.governance ?? null;
      return { code: code.id, source: code.source, governance };
    },
    prove: (of) => state.prove(of),
    snapshot: () => state.snapshot(),
    dispose: () => runner.dispose(),
  };
}

type Classified =
  | { readonly kind: 'refused'; readonly outcome: EntryOutcome }
  | { readonly kind: 'change'; readonly make: () => Promise<EntryOutcome> }
  | { readonly kind: 'action'; readonly action: Action };

function refused(outcome: EntryOutcome): Classified {
  return { kind: 'refused', outcome };
}

/** Actions that run together, and where their outcomes belong. */
type Batch = {
  readonly actions: Action[];
  readonly places: number[];
  /** The code that each function runs in here. */
  readonly codes: Map<string, string>;
  chars: number;
};

function emptyBatch(): Batch {
  return { actions: [], places: [], codes: new Map(), chars: 0 };
}

function fits({ actions, codes, chars }: Batch, { entry, text, code }: Action): boolean {
  const known = codes.get(entry.function) ?? code.id;
  return (
    actions.length < GUEST_ENTRIES_MAX &&
    chars + text.length <= GUEST_TEXT_CHARS_MAX &&
    known === code.id
  );
}

function add(batch: Batch, action: Action, place: number): void {
  batch.actions.push(action);
  batch.places.push(place);
  batch.codes.set(action.entry.function, action.code.id);
  batch.chars += action.text.length;
}
