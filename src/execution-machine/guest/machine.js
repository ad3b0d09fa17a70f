// Runs entries as transactions inside QuickJS.
//
// Of one entry: begin -> factory() -> handle(db, action, ctx) -> commit | roll back. A function's
// source is evaluated anew for each entry, so that its own variables cannot carry anything over.
import { openData } from './data.js';
import { freezeAll, harden } from './harden.js';

/** Makes the calls that the host runs entries by; `host` answers what is asked of the state. */
export function openMachine(host, limits) {
  // Taken before guests lose them.
  const { parse, stringify } = JSON;
  const { getOwnPropertyDescriptor } = Object;
  const { isSafeInteger } = Number;
  const sort = Array.prototype.sort;
  const data = openData({ limits, parse, Weak: WeakSet });
  const { copy, hasBytes, isInteger, out, sizeOf, tag, untag, valueOf } = data;

  // Needs more stack than any way of answering a call of `db` or `ctx` does. What overflows then
  // overflows here, whether or not the host had to be asked.
  const reserve = new Function(
    'call',
    `'use strict'; if (call) call(${Array.from({ length: limits.reserve }, () => 0).join()});`,
  );
  harden();

  const tables = [];
  let callers = [];
  let entries = [];
  let at = 0;
  let end = 0;
  // Whether entries are only tried: what they write is undone, as if they had thrown.
  let isTrial = false;
  // In pairs: 0 and a result, 1 and one that is tagged, or 2 and what was thrown.
  let outcomes = [];
  let outcomeCount = 0;
  // The entry that runs: the rows that it wrote and what they were, oldest first.
  let table = null;
  let cache = null;
  const undoRows = [];
  const undoValues = [];
  let undoCount = 0;
  let undoBytes = 0;

  // What is at hand has a key that was checked; a number for a number leaves all sizes as they are.
  const db = freezeAll({
    get(key) {
      reserve();
      const row = cache.get(key);
      if (row !== undefined && typeof row.value === 'number') return row.value;
      return out(rowAt(table, checkedKey(key)).value);
    },
    set(key, value) {
      reserve();
      const row = cache.get(key);
      const isNumber = row !== undefined && typeof row.value === 'number';
      if (isNumber && isInteger(value) && undoCount < limits.writes) {
        overwrite(row, value);
      } else {
        write(checkedKey(key), copy(value, limits.valueBytes));
      }
    },
    delete(key) {
      reserve();
      write(checkedKey(key), undefined);
    },
    list(prefix, limit) {
      reserve();
      return list(checkedPrefix(prefix), limit);
    },
  });

  function read(slot, key) {
    reserve();
    const of = typeof slot === 'string' ? tableNamed(slot) : undefined;
    if (of === undefined) return undefined;
    checkedKey(key);
    if (of === table) {
      for (let first = 0; first < undoCount; first++) {
        if (undoRows[first].key === key) return out(undoValues[first]);
      }
    }
    return out(rowAt(of, key).value);
  }

  function random() {
    reserve();
    return host('random', at);
  }
  freezeAll(read);
  freezeAll(random);

  return {
    // A function's source as a factory, under the slot that entries name it by.
    install(slot, id, factory, bytes) {
      tables[slot] = { slot, id, factory, cache: new Map(), changed: [], bytes };
    },
    load(text) {
      ({ callers, entries, isTrial } = parse(text));
      at = 0;
      end = entries.length;
      outcomes = [];
      outcomeCount = 0;
    },
    // Runs so many more entries; after a stop the host asks at which it was.
    run(count) {
      for (const stop = at + count; at < stop && at < end; at++) runEntry(entries[at]);
    },
    position() {
      return at;
    },
    // What the entries since the last flush gave and wrote, as one text.
    flush() {
      const written = [];
      for (const of of tables) {
        if (of === undefined || of.changed.length === 0) continue;
        const rows = [];
        for (const row of of.changed) {
          row.isChanged = false;
          rows[rows.length] = told(row);
        }
        written[written.length] = [of.slot, of.bytes, rows];
        of.changed = [];
      }
      const text = stringify([outcomes, written]);
      outcomes = [];
      entries = [];
      return text;
    },
  };

  // Entries are [index, atMs, caller, slot, action], with 1 behind where the action is tagged.
  function runEntry(entry) {
    table = tables[entry[3]];
    cache = table.cache;
    undoCount = 0;
    undoBytes = table.bytes;
    try {
      const handle = table.factory();
      const action = entry.length > 5 ? untag(entry[4]) : entry[4];
      const caller = callers[entry[2]];
      const ctx = { index: entry[0], atMs: entry[1], caller, function: table.id, random, read };
      const value = handle(db, action, ctx);
      const result = value === undefined ? null : copy(value, limits.resultBytes);
      if (typeof result === 'object' && hasBytes(result)) conclude(1, tag(result));
      else conclude(0, result);
      if (isTrial) undo();
      else keep();
    } catch (cause) {
      undo();
      conclude(2, wordsOf(cause));
    }
  }

  function keep() {
    const { changed } = table;
    for (let done = 0; done < undoCount; done++) {
      const row = undoRows[done];
      if (row.isChanged) continue;
      row.isChanged = true;
      changed[changed.length] = row;
    }
  }

  function undo() {
    for (let left = undoCount - 1; left >= 0; left--) undoRows[left].value = undoValues[left];
    table.bytes = undoBytes;
  }

  function conclude(kind, value) {
    outcomes[outcomeCount++] = kind;
    outcomes[outcomeCount++] = value;
  }

  function write(key, value) {
    if (undoCount >= limits.writes) throw new RangeError('too many writes in one action');
    const row = rowAt(table, key);
    const bytes = table.bytes + sizeOfRow(key, value) - sizeOfRow(key, row.value);
    if (bytes > limits.stateBytes) throw new RangeError('the state of this function is full');
    overwrite(row, value);
    table.bytes = bytes;
  }

  function overwrite(row, value) {
    undoRows[undoCount] = row;
    undoValues[undoCount++] = row.value;
    row.value = value;
  }

  // The value of a row that is not there is undefined.
  function rowAt(of, key) {
    const known = of.cache.get(key);
    if (known !== undefined) return known;
    const text = host('load', of.slot, key);
    const value = text === undefined ? undefined : valueOf(text);
    const row = { key, value, isChanged: false };
    of.cache.set(key, row);
    return row;
  }

  function tableNamed(id) {
    for (const of of tables) if (of !== undefined && of.id === id) return of;
    const slot = host('slot', id);
    if (slot === undefined) return undefined;
    // Only to be read: an entry for it makes the host install it first.
    tables[slot] = { slot, id, factory: null, cache: new Map(), changed: [], bytes: 0 };
    return tables[slot];
  }

  // Keys in the order of their code units, from committed state and this batch's writes over it.
  function list(prefix, limit) {
    if (!isSafeInteger(limit) || limit < 0 || limit > limits.listed) {
      throw new RangeError(`a list has 0 to ${limits.listed} rows`);
    }
    const touched = new Set();
    for (const { key } of table.changed) if (key.startsWith(prefix)) touched.add(key);
    for (let done = 0; done < undoCount; done++) {
      const { key } = undoRows[done];
      if (key.startsWith(prefix)) touched.add(key);
    }
    const keys = new Set(touched);
    const stored = parse(host('list', table.slot, prefix, limit + touched.size));
    for (const key of stored) keys.add(key);
    const rows = [];
    for (const key of sort.call([...keys])) {
      if (rows.length >= limit) break;
      const { value } = rowAt(table, key);
      if (value !== undefined) rows[rows.length] = [key, out(value)];
    }
    return rows;
  }

  function checkedKey(key) {
    if (typeof key !== 'string' || key.length === 0 || key.length > limits.keyChars) {
      throw new TypeError(`a key is text of 1 to ${limits.keyChars} characters`);
    }
    if (!key.isWellFormed()) throw new TypeError('a key is well-formed text');
    return key;
  }

  function checkedPrefix(prefix) {
    return prefix === '' ? prefix : checkedKey(prefix);
  }

  function sizeOfRow(key, value) {
    return value === undefined ? 0 : key.length + sizeOf(value);
  }

  function told({ key, value }) {
    if (value === undefined) return [key];
    return hasBytes(value) ? [key, tag(value), 1] : [key, value];
  }

  // Says what was thrown without running any of the guest's code.
  function wordsOf(cause) {
    if (typeof cause === 'string') return plainText(cause);
    if (typeof cause !== 'object' || cause === null) return `threw a ${typeof cause}`;
    const message = getOwnPropertyDescriptor(cause, 'message');
    return typeof message?.value === 'string' ? plainText(message.value) : 'threw an object';
  }

  function plainText(text) {
    return text.slice(0, limits.messageChars).toWellFormed();
  }
}
