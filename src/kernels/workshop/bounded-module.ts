/** A WASM module whose memory cannot outgrow a bound, or why it is none. */
export type BoundedModule =
  | { readonly kind: 'bounded'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'refused'; readonly why: string };

const PAGE_BYTES = 65_536;
/** By the WebAssembly specification, section 5.5. */
const MEMORY_SECTION = 5;
const HEADER_BYTES = 8;

/** Bits of a memory's limits. */
const [HAS_MAXIMUM, IS_SHARED, IS_64_BIT] = [1, 2, 4];

/**
 * A module with its memory's maximum set to what it may have, or its own where that is less.
 *
 * JavaScript cannot bound the memory that a module makes for itself, so the module is changed before
 * it is compiled. The bytes are a stranger's: what does not parse is refused, or left for the engine
 * to refuse.
 * Source: WebAssembly specification 5.5.8 (memory section), 5.3.8 (limits).
 */
export function boundedModule(module: Uint8Array, bytesMax: number): BoundedModule {
  const reader = new Reader(module);
  reader.at = HEADER_BYTES;
  while (reader.at < module.length) {
    const start = reader.at;
    const id = reader.byte();
    const size = reader.number();
    const [body, end] = [reader.at, reader.at + size];
    if (!(end <= module.length)) return refused('it is cut off');
    if (id === MEMORY_SECTION) {
      const limits = boundedLimits(reader, Math.floor(bytesMax / PAGE_BYTES));
      if (typeof limits === 'string') return refused(limits);
      if (reader.at !== end || body > end) return refused('its memory section is not well formed');
      const section = [MEMORY_SECTION, ...leb128(limits.length), ...limits];
      const parts = [module.subarray(0, start), section, module.subarray(end)];
      return { kind: 'bounded', bytes: joined(parts) };
    }
    reader.at = end;
  }
  return refused('it has no memory of its own: export one as "memory"');
}

/** The memory section's content, or why it is refused. */
function boundedLimits(reader: Reader, pagesMax: number): readonly number[] | string {
  const count = reader.number();
  if (count !== 1) return `it has ${count} memories, not one`;
  const flags = reader.byte();
  if ((flags & IS_SHARED) !== 0) return 'its memory is shared: build it without threads';
  if ((flags & IS_64_BIT) !== 0) return 'its memory has 64-bit addresses: build it for wasm32';
  const initial = reader.number();
  const declared = (flags & HAS_MAXIMUM) === 0 ? pagesMax : reader.number();
  if (!(initial <= pagesMax)) {
    return `its memory begins with ${initial} pages of 64 KiB, above ${pagesMax}`;
  }
  return [1, HAS_MAXIMUM, ...leb128(initial), ...leb128(Math.min(declared, pagesMax))];
}

/** Reads past the end are NaN, which no size equals. */
class Reader {
  at = 0;
  readonly #bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#bytes[this.at++] ?? NaN;
  }

  /** An unsigned LEB128 of at most 32 bits. */
  number(): number {
    let value = 0;
    for (let index = 0; index < 5; index++) {
      const byte = this.byte();
      if (Number.isNaN(byte)) return NaN;
      value += (byte & 127) * 2 ** (7 * index);
      if (byte < 128) return value;
    }
    return NaN;
  }
}

function leb128(value: number): readonly number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb128(Math.floor(value / 128))];
}

function joined(parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function refused(why: string): BoundedModule {
  return { kind: 'refused', why };
}
