// Takes away what is not deterministic and freezes everything that entries could change for one
// another. Runs inside QuickJS, once a guest, before anything else does.

const ALLOWED = new Set(
  (
    'Object Error EvalError RangeError ReferenceError SyntaxError TypeError URIError ' +
    'AggregateError Iterator Array parseInt parseFloat isNaN isFinite decodeURI ' +
    'decodeURIComponent encodeURI encodeURIComponent Infinity NaN undefined Number Boolean ' +
    'String Math Symbol globalThis JSON Map Set Uint8Array'
  ).split(' '),
);

const ARRAY_ITEMS_MAX = 65_536;
const SEARCH_STEPS_MAX = 1_048_576;
const JSON_DEPTH_MAX = 64;
const frozen = new Set();

/** Leaves frozen globals without a clock, chance, new code, or a call that nothing can interrupt. */
export function harden() {
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!ALLOWED.has(name)) delete globalThis[name];
  }
  delete Math.random;
  delete Error.prepareStackTrace;
  delete Error.stackTraceLimit;
  boundArrays();
  boundTexts();
  boundJson();
  // What is left of `new Function`: no text becomes code in here.
  const functions = [function () {}, function* () {}, async function () {}, async function* () {}]
    .map((value) => Object.getPrototypeOf(value))
    .filter((prototype) => prototype !== null && prototype !== undefined);
  for (const prototype of functions) delete prototype.constructor;
  delete 0n.constructor.prototype.constructor;
  const iterators = [
    [][Symbol.iterator](),
    ''[Symbol.iterator](),
    new Map()[Symbol.iterator](),
    new Set()[Symbol.iterator](),
    (function* () {})(),
    Iterator.from({ next() {} }),
    [].values().map((value) => value),
  ];
  for (const root of [globalThis, 0n, ...functions, ...iterators]) freezeAll(root);
}

/** Freezes all that can be reached from here. */
export function freezeAll(value, seen = frozen) {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  if (typeof value === 'bigint') return freezeAll(Object.getPrototypeOf(value), seen);
  if (!isObject || seen.has(value)) return value;
  seen.add(value);
  Object.freeze(value);
  freezeAll(Object.getPrototypeOf(value), seen);
  for (const key of [
    ...Object.getOwnPropertyNames(value),
    ...Object.getOwnPropertySymbols(value),
  ]) {
    const { value: held, get, set } = Object.getOwnPropertyDescriptor(value, key);
    for (const next of [held, get, set]) freezeAll(next, seen);
  }
  return value;
}

/** Replaces a method by one that looks at what it is given first. */
function guard(owner, name, look) {
  const native = owner[name];
  const { [name]: guarded } = {
    [name](...args) {
      return native.apply(look(this, args), args);
    },
  };
  put(owner, name, guarded);
}

function put(owner, name, value) {
  Object.defineProperty(owner, name, { value });
}

// Loops of the engine over an array's length, which a sparse array has for nothing.
function boundArrays() {
  const names =
    'fill join pop push reverse shift slice sort splice toReversed toSorted toSpliced ' +
    'unshift with';
  for (const name of names.split(' ')) guard(Array.prototype, name, boundedArray);
  for (const name of ['copyWithin', 'flat', 'flatMap', 'toLocaleString']) {
    delete Array.prototype[name];
  }
  delete Iterator.prototype.drop;
  // The engine's spreads whatever says so of itself, of any length.
  const { concat } = {
    concat(...others) {
      const all = [...boundedArray(this, others)];
      for (const other of others) {
        if (Array.isArray(other)) for (const item of other) all.push(item);
        else all.push(other);
      }
      return all;
    },
  };
  put(Array.prototype, 'concat', concat);
}

function boundedArray(array, args) {
  for (const one of [array, ...args]) {
    if (Array.isArray(one) && one.length > ARRAY_ITEMS_MAX) {
      throw new RangeError(`at most ${ARRAY_ITEMS_MAX} items for this`);
    }
  }
  if (!Array.isArray(array)) throw new TypeError('only arrays have this');
  return array;
}

// Searches that look at every place for every character sought.
function boundTexts() {
  for (const name of 'includes indexOf lastIndexOf replace replaceAll split'.split(' ')) {
    guard(String.prototype, name, boundedSearch);
  }
  for (const name of ['normalize', 'localeCompare', 'match', 'matchAll', 'search']) {
    delete String.prototype[name];
  }
  delete String.raw;
}

function boundedSearch(text, args) {
  if (typeof text !== 'string') throw new TypeError('only texts have this');
  if (args.length > 0) args[0] = `${args[0]}`;
  if (text.length * (1 + (args[0]?.length ?? 0)) > SEARCH_STEPS_MAX) {
    throw new RangeError('the text is too long to be searched');
  }
  return text;
}

// Reading nests on the browser's own stack, whose size is no part of the rules; writing deep
// structures takes a time that grows with the square of their depth.
function boundJson() {
  const { stringify } = JSON;
  delete JSON.parse;
  JSON.stringify = (value) => stringify(boundedData(value, 0));
}

function boundedData(value, depth) {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > JSON_DEPTH_MAX) throw new RangeError(`JSON nests at most ${JSON_DEPTH_MAX} deep`);
  if (Array.isArray(value)) {
    return boundedArray(value, []).map((item) => boundedData(item, depth + 1));
  }
  const copied = {};
  for (const key of Object.keys(value)) {
    Object.defineProperty(copied, key, {
      value: boundedData(value[key], depth + 1),
      enumerable: true,
    });
  }
  return copied;
}
