// What data are inside the guest: copied in and out so that nobody keeps a hold on state, refused
// where no canonical encoding exists for them. Runs inside QuickJS, on hardened globals.

/** The ways in and out of state; `parse` and `Weak` are the engine's JSON.parse and WeakSet. */
export function openData({ limits, parse, Weak }) {
  const { defineProperty, freeze, getOwnPropertyDescriptor } = Object;
  const { getOwnPropertySymbols, getPrototypeOf, keys: keysOf } = Object;
  const { isArray } = Array;
  const { sort } = Array.prototype;
  const { isSafeInteger } = Number;
  const isSame = Object.is;
  const ObjectPrototype = Object.prototype;
  const BytesPrototype = Uint8Array.prototype;
  const bytesLength = getOwnPropertyDescriptor(getPrototypeOf(BytesPrototype), 'length').get;
  const holdsBytes = new Weak();
  // Set by `copied` where JSON alone would not bring a value back.
  let isTagged = false;

  return {
    copy,
    isInteger,
    out,
    sizeOf,
    tag,
    untag,
    valueOf,
    hasBytes: (value) => holdsBytes.has(value),
  };

  function isInteger(value) {
    if (typeof value !== 'number') return false;
    // The most by far, without a call; minus zero is no integer here.
    if ((value | 0) === value && value !== 0) return true;
    return isSafeInteger(value) && !isSame(value, -0);
  }

  // A frozen copy of data that a canonical encoding exists for; throws on anything else.
  function copy(value, bytesMax) {
    if (isInteger(value)) return value;
    const budget = { left: bytesMax };
    isTagged = false;
    const result = copied(value, budget, 0);
    if (isTagged) holdsBytes.add(result);
    return result;
  }

  function copied(value, budget, depth) {
    if (typeof value === 'number') {
      if (!isInteger(value)) throw new TypeError(`no integer: ${value}`);
      spend(budget, 8);
      return value;
    }
    if (typeof value === 'string') {
      if (!value.isWellFormed()) throw new TypeError('half a surrogate pair is no text');
      spend(budget, value.length + 2);
      return value;
    }
    if (value === null || typeof value === 'boolean') {
      spend(budget, 1);
      return value;
    }
    if (typeof value !== 'object') throw new TypeError(`a ${typeof value} is no data`);
    if (depth >= limits.depth) throw new RangeError(`data nests at most ${limits.depth} deep`);
    spend(budget, 2);
    if (isArray(value)) return copiedArray(value, budget, depth);
    const prototype = getPrototypeOf(value);
    if (prototype === BytesPrototype) return copiedBytes(value, budget);
    if (prototype !== ObjectPrototype && prototype !== null) {
      throw new TypeError('only plain objects, arrays and bytes are data');
    }
    return copiedObject(value, budget, depth);
  }

  function copiedArray(value, budget, depth) {
    const { length } = value;
    spend(budget, length);
    const items = [];
    for (let index = 0; index < length; index++) {
      defineProperty(items, index, {
        value: copied(plainAt(value, index), budget, depth + 1),
        enumerable: true,
      });
    }
    return freeze(items);
  }

  function copiedObject(value, budget, depth) {
    if (getOwnPropertySymbols(value).length > 0) throw new TypeError('a symbol is no key of data');
    const object = {};
    // One order for one value: how its keys came to be there is nothing that a root commits to.
    for (const key of sort.call(keysOf(value))) {
      if (key === '__proto__' || !key.isWellFormed()) throw new TypeError('no key of data');
      if (key.charCodeAt(0) === 0) isTagged = true;
      spend(budget, key.length + 2);
      defineProperty(object, key, {
        value: copied(plainAt(value, key), budget, depth + 1),
        enumerable: true,
      });
    }
    return freeze(object);
  }

  function copiedBytes(value, budget) {
    const length = bytesLength.call(value);
    spend(budget, length);
    isTagged = true;
    const bytes = new Uint8Array(length);
    for (let index = 0; index < length; index++) bytes[index] = value[index];
    return bytes;
  }

  function plainAt(value, key) {
    const own = getOwnPropertyDescriptor(value, key);
    if (own === undefined || own.get !== undefined || own.set !== undefined) {
      throw new TypeError('data has neither holes nor getters');
    }
    return own.value;
  }

  function spend(budget, bytes) {
    budget.left -= bytes;
    if (budget.left < 0) throw new RangeError('a value is larger than allowed');
  }

  // Frozen values are given out as they are; bytes cannot be frozen, so they are copied.
  function out(value) {
    return holdsBytes.has(value) ? copied(value, { left: Infinity }, 0) : value;
  }

  function sizeOf(value) {
    if (typeof value === 'number') return 8;
    if (typeof value === 'string') return value.length + 2;
    if (typeof value !== 'object' || value === null) return 1;
    if (getPrototypeOf(value) === BytesPrototype) return bytesLength.call(value) + 2;
    let size = 2;
    for (const key of keysOf(value)) size += key.length + 2 + sizeOf(value[key]);
    return size;
  }

  // Bytes as {"\0": [..]}; a key that begins with \0 has one more in front.
  function tag(value) {
    if (typeof value !== 'object' || value === null) return value;
    if (isArray(value)) return value.map(tag);
    if (getPrototypeOf(value) === BytesPrototype) return { '\0': [...value] };
    const object = {};
    for (const key of keysOf(value)) {
      object[key.charCodeAt(0) === 0 ? `\0${key}` : key] = tag(value[key]);
    }
    return object;
  }

  function untag(value) {
    if (typeof value !== 'object' || value === null) return value;
    if (isArray(value)) return value.map(untag);
    const object = {};
    for (const key of keysOf(value)) {
      if (key === '\0') return new Uint8Array(value[key]);
      object[key.charCodeAt(0) === 0 ? key.slice(1) : key] = untag(value[key]);
    }
    return object;
  }

  // Texts of the host are "0" and JSON, or "1" and JSON that is tagged. Frozen like all state.
  function valueOf(text) {
    const value = parse(text.slice(1));
    return copy(text.charCodeAt(0) === 49 ? untag(value) : value, Infinity);
  }
}
