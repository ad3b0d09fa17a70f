import { assert } from '../domain/assert.ts';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  decodeCanonical,
  encodeCanonical,
  equalBytes,
  type CanonicalValue,
} from '../integrity/index.ts';
import { dataOfText, textOfData } from './data-text.ts';
import type { Entry } from './entry.ts';
import { KeyHashes } from './key-hashes.ts';
import { proveState, valueHashOf, type StateProof } from './state-proof.ts';
import { hashOfTree, withRows, type RowChange, type Tree } from './state-tree.ts';
import { viewOf, type StateView } from './state-view.ts';
import { Table } from './table.ts';

/** The table of the functions themselves: what runs under which id. No function has this id. */
export const FUNCTIONS = '';

type Row = { readonly function: string; readonly key: string };

/**
 * All state of the machine: rows by function and key, the anchors that were used, and the tree
 * whose root commits to the rows.
 *
 * A write costs O(log n), and hashing waits until a root or proof is asked for. The anchors are
 * the one part that grows with the log: whoever would forget one would run its entry twice.
 */
export class MachineState {
  #tables = new Map<string, Table>();
  /** Those that each caller used. */
  #anchors = new Map<string, Set<string>>();
  #tree: Tree = null;
  /** Rows that the tree does not have yet, by function. */
  #unhashed = new Map<string, Set<string>>();
  readonly #keyHashes = new KeyHashes();
  #nextIndex = 0;

  get nextIndex(): number {
    return this.#nextIndex;
  }

  /** Takes note of the next entry's place. */
  advanceTo(index: number): void {
    assert(index >= this.#nextIndex, `entry ${index} after entry ${this.#nextIndex - 1}`);
    this.#nextIndex = index + 1;
  }

  /** Whether nobody used this entry's anchor before; from now on somebody has. */
  isFirst({ caller, anchor }: Entry): boolean {
    const used = this.#anchors.get(caller);
    if (used === undefined) {
      this.#anchors.set(caller, new Set([anchor]));
      return true;
    }
    // One look at the anchors, of which there are as many as entries.
    const before = used.size;
    return used.add(anchor).size > before;
  }

  tableOf(id: string): Table | undefined {
    return this.#tables.get(id);
  }

  /** Makes the table of a function that did not have one. */
  addTable(id: string): void {
    this.#tables.set(id, new Table());
  }

  write(row: {
    readonly id: string;
    readonly key: string;
    readonly text: string | undefined;
  }): void {
    const { id, key, text } = row;
    const table = this.#tableAt(id);
    if (text === undefined) table.delete(key);
    else table.set(key, text);
    const keys = this.#unhashed.get(id);
    if (keys === undefined) this.#unhashed.set(id, new Set([key]));
    else keys.add(key);
  }

  setBytes(id: string, stateBytes: number): void {
    this.#tableAt(id).stateBytes = stateBytes;
  }

  read(of: Row): CanonicalValue | undefined {
    const text = this.#tables.get(of.function)?.get(of.key);
    return text === undefined ? undefined : dataOfText(text);
  }

  list(of: {
    readonly function: string;
    readonly prefix: string;
    readonly limit: number;
    readonly after?: string;
  }): readonly (readonly [string, CanonicalValue])[] {
    const table = this.#tables.get(of.function);
    if (table === undefined) return [];
    const keys = table.keysWith(of.prefix, of.limit, of.after);
    return keys.map((key) => [key, dataOfText(table.get(key) ?? '0null')]);
  }

  root(): Uint8Array {
    return hashOfTree(this.#hashed());
  }

  prove(of: Row): StateProof {
    return proveState(this.#hashed(), of);
  }

  /** All rows as they are now, whatever is written later. */
  view(): StateView {
    return viewOf(this.#hashed());
  }

  /** All of it as canonical bytes, with the root that they must come to. */
  snapshot(): Uint8Array {
    const tables = [...this.#tables].map(([id, table]) => [id, table.stateBytes, table.rows()]);
    return encodeCanonical({
      version: 1,
      nextIndex: this.#nextIndex,
      root: this.root(),
      anchors: [...this.#anchors].map(([caller, used]) => [caller, [...used]]),
      tables,
    });
  }

  #tableAt(id: string): Table {
    const table = this.#tables.get(id);
    assert(table !== undefined, 'a row of a function that does not exist');
    return table;
  }

  #hashed(): Tree {
    const changes: RowChange[] = [];
    for (const [id, keys] of this.#unhashed) {
      for (const key of keys) {
        const text = this.#tables.get(id)?.get(key);
        const value = text === undefined ? null : { hash: valueHashOf(dataOfText(text)), text };
        changes.push({ keyHash: this.#keyHashes.of({ function: id, key }), value });
      }
    }
    this.#tree = withRows(this.#tree, changes);
    this.#unhashed.clear();
    return this.#tree;
  }

  /**
   * The state of a snapshot.
   *
   * The bytes may come from an attacker: the rows are held to the root that the bytes name, and
   * whoever has a root of their own compares it. Errors: "input_malformed" | "bytes_mismatch".
   */
  static restore(bytes: Uint8Array): Outcome<MachineState> {
    const decoded = decodeCanonical(bytes);
    if (!decoded.ok) return decoded;
    const parsed = parseSnapshot(decoded.value);
    if (parsed === null) return noSnapshot();
    const state = new MachineState();
    state.#nextIndex = parsed.nextIndex;
    state.#anchors = new Map(parsed.anchors.map(([caller, used]) => [caller, new Set(used)]));
    for (const [id, stateBytes, rows] of parsed.tables) {
      state.addTable(id);
      state.setBytes(id, stateBytes);
      for (const [key, text] of rows) state.write({ id, key, text });
    }
    // Rows out of order, or anchors twice: one state has one snapshot.
    if (equalBytes(state.snapshot(), bytes)) return succeed(state);
    if (equalBytes(state.root(), parsed.root)) return noSnapshot();
    const text = "the rows of this snapshot do not come to the snapshot's root";
    return fail(failure('bytes_mismatch', `${text}. Get it again, or replay the log.`));
  }
}

/** What runs under a function's id. */
export type FunctionRecord = {
  readonly code: string;
  /** The function whose word changes it; null: nobody's, never. */
  readonly governance: string | null;
  /** What takes its place from an entry on. */
  readonly next: { readonly code: string; readonly atIndex: number } | null;
};

/** The record of a function. */
export function recordOf(state: MachineState, id: string): FunctionRecord | undefined {
  // Written by `lifecycle.ts` alone, in this form.
  return state.read({ function: FUNCTIONS, key: `function/${id}` }) as FunctionRecord | undefined;
}

/** A source that runs, and the entry from which on another one does. */
export type RunningCode = {
  readonly id: string;
  readonly source: string;
  readonly untilIndex: number;
};

/** The code that an entry's function runs at the entry's place. */
export function codeAt(
  state: MachineState,
  { function: id, index }: Pick<Entry, 'function' | 'index'>,
): RunningCode | undefined {
  const record = recordOf(state, id);
  if (record === undefined) return undefined;
  const { next } = record;
  const isNext = next !== null && index >= next.atIndex;
  const code = isNext ? next.code : record.code;
  const source = state.read({ function: FUNCTIONS, key: `source/${code}` });
  if (typeof source !== 'string') return undefined;
  return { id: code, source, untilIndex: next === null || isNext ? Infinity : next.atIndex };
}

/** Writes a row of the functions' own table. */
export function writeRecord(state: MachineState, key: string, value: CanonicalValue): void {
  if (state.tableOf(FUNCTIONS) === undefined) state.addTable(FUNCTIONS);
  state.write({ id: FUNCTIONS, key, text: textOfData(value) });
}

function noSnapshot(): Outcome<never> {
  const text = 'these bytes are no snapshot of the execution machine';
  return fail(failure('input_malformed', `${text}. Get them again, or replay the log.`));
}

type ParsedSnapshot = {
  readonly nextIndex: number;
  readonly root: Uint8Array;
  readonly anchors: readonly (readonly [string, readonly string[]])[];
  readonly tables: readonly (readonly [string, number, readonly (readonly [string, string])[]])[];
};

function parseSnapshot(value: CanonicalValue): ParsedSnapshot | null {
  if (!isMap(value)) return null;
  const { version, nextIndex, root, anchors, tables } = value;
  if (version !== 1 || typeof nextIndex !== 'number' || !(root instanceof Uint8Array)) return null;
  if (!Array.isArray(anchors) || !Array.isArray(tables)) return null;
  const used = anchors.map(parseAnchors);
  if (used.some((pair) => pair === null)) return null;
  const parsed: [string, number, [string, string][]][] = [];
  for (const table of tables) {
    if (!Array.isArray(table) || table.length !== 3) return null;
    const [id, stateBytes, rows] = table as readonly CanonicalValue[];
    if (typeof id !== 'string' || typeof stateBytes !== 'number' || !Array.isArray(rows))
      return null;
    const pairs = rows.map(parseRow);
    if (pairs.some((pair) => pair === null)) return null;
    parsed.push([id, stateBytes, pairs.filter((pair) => pair !== null)]);
  }
  return { nextIndex, root, anchors: used.filter((pair) => pair !== null), tables: parsed };
}

function parseAnchors(pair: CanonicalValue): [string, string[]] | null {
  if (!Array.isArray(pair) || pair.length !== 2) return null;
  const [caller, used] = pair as readonly CanonicalValue[];
  if (typeof caller !== 'string' || !Array.isArray(used)) return null;
  return used.every((anchor) => typeof anchor === 'string') ? [caller, used] : null;
}

function parseRow(row: CanonicalValue): [string, string] | null {
  if (!Array.isArray(row) || row.length !== 2) return null;
  const [key, text] = row as readonly CanonicalValue[];
  if (typeof key !== 'string' || typeof text !== 'string') return null;
  return isStored(text) ? [key, text] : null;
}

function isMap(value: CanonicalValue): value is { readonly [key: string]: CanonicalValue } {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  );
}

/** Whether a guest could have written this text: canonical data with their keys in order. */
function isStored(text: string): boolean {
  try {
    const data = dataOfText(text);
    encodeCanonical(data);
    return textOfData(inOrder(data)) === text;
  } catch {
    return false;
  }
}

function inOrder(value: CanonicalValue): CanonicalValue {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isMap(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, inOrder(value[key] ?? null)]));
}
