import type { RandomStream } from '../../src/domain/random.ts';

/** Numbers that decoders stumble over: ends of ranges, lengths, line ends, heads of CBOR. */
const INTERESTING = Uint8Array.of(
  ...[0, 1, 0x0a, 0x18, 0x1b, 0x20, 0x2d, 0x3b, 0x5f, 0x7f, 0x80, 0xa0, 0xbf, 0xfb, 0xff],
);
const CHANGES_MAX = 6;
const RUN_BYTES_MAX = 64;

/** What other bytes are made of. */
type Material = {
  readonly corpus: readonly Uint8Array[];
  /** Words of the format, which no change of single bytes would come to soon. */
  readonly words: readonly Uint8Array[];
  readonly random: RandomStream;
};

/** Other bytes, made of those of a corpus by a few changes; at most `bytesMax` of them. */
export function mutate(from: Material, bytesMax: number): Uint8Array {
  const { corpus, random } = from;
  let bytes = pick(corpus, random);
  const count = 1 + random.nextBelow(CHANGES_MAX);
  for (let done = 0; done < count; done++) bytes = changed(bytes, from);
  return bytes.subarray(0, bytesMax);
}

function changed(bytes: Uint8Array, { corpus, words, random }: Material): Uint8Array {
  const at = random.nextBelow(bytes.byteLength + 1);
  const length = random.nextBelow(Math.min(bytes.byteLength - at, RUN_BYTES_MAX) + 1);
  const put = (run: Uint8Array, over: number): Uint8Array =>
    joined(bytes.subarray(0, at), run, bytes.subarray(at + over));
  switch (random.nextBelow(words.length === 0 ? 7 : 9)) {
    case 0: // one bit
      return put(Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.nextBelow(8))), 1);
    case 1: // one byte
      return put(Uint8Array.of(INTERESTING[random.nextBelow(INTERESTING.length)] ?? 0), 1);
    case 2: // cut out
      return put(new Uint8Array(), length);
    case 3: // doubled
      return put(bytes.slice(at, at + length), 0);
    case 4: // some of another
      return put(runOf(pick(corpus, random), random), length);
    case 5: // the rest of another
      return joined(bytes.subarray(0, at), tailOf(pick(corpus, random), random));
    case 7: // a word in between
      return put(pick(words, random), 0);
    case 8: // a word in the place of some
      return put(pick(words, random), length);
    default: // noise
      return put(
        Uint8Array.from({ length }, () => random.nextBelow(256)),
        length,
      );
  }
}

function runOf(bytes: Uint8Array, random: RandomStream): Uint8Array {
  const at = random.nextBelow(bytes.byteLength + 1);
  return bytes.slice(at, at + random.nextBelow(RUN_BYTES_MAX));
}

function tailOf(bytes: Uint8Array, random: RandomStream): Uint8Array {
  return bytes.slice(random.nextBelow(bytes.byteLength + 1));
}

function pick(corpus: readonly Uint8Array[], random: RandomStream): Uint8Array {
  return corpus[random.nextBelow(corpus.length)] ?? new Uint8Array();
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
