// Looks for bytes that a decoder does not take as it must: it throws, or what it read is written
// otherwise. Inputs are mutations of a corpus that grows by whatever was answered in a new way.
import { randomStream, type RandomStream } from '../../src/domain/random.ts';
import { mutate } from './mutate.ts';

/** A decoder under test. */
export type Target = {
  readonly name: string;
  /** Valid inputs to begin with. */
  readonly seeds: readonly Uint8Array[];
  readonly bytesMax: number;
  /** Words of the format to mutate with; left out: none. */
  readonly words?: readonly Uint8Array[];
  /**
   * Decodes, and says in a word how it ended, such as the failure's text: another word counts as
   * another way through the decoder. Throws where a promise of the decoder is broken.
   */
  readonly decode: (bytes: Uint8Array) => string | Promise<string>;
};

/** What was found in some inputs. */
export type Findings = {
  readonly inputCount: number;
  /** Different answers that were seen. */
  readonly answerCount: number;
  /** The smallest input that breaks a promise, and how; null: none was found. */
  readonly broken: { readonly input: Uint8Array; readonly why: string } | null;
};

const CORPUS_MAX = 4_096;
const SHRINKS_MAX = 2_000;

/** Tries mutations until `goesOn` says no, or one breaks a promise. The same seed, the same inputs. */
export async function fuzz(
  target: Target,
  of: { readonly seed: number; readonly goesOn: (inputCount: number) => boolean },
): Promise<Findings> {
  const random = randomStream(of.seed, target.name);
  const corpus = [...target.seeds];
  const { words = [] } = target;
  const answers = new Set<string>();
  let inputCount = 0;
  const end = (broken: Findings['broken']): Findings => {
    return { inputCount, answerCount: answers.size, broken };
  };
  for (const valid of target.seeds) {
    const why = await breach(target, valid, answers);
    if (why !== null) return end({ input: valid, why });
  }
  while (of.goesOn(inputCount)) {
    const input = mutate({ corpus, words, random }, target.bytesMax);
    inputCount += 1;
    const before = answers.size;
    const why = await breach(target, input, answers);
    if (why !== null) return end(await shrunk(target, { input, why }, random));
    if (answers.size > before && corpus.length < CORPUS_MAX) corpus.push(input);
  }
  return end(null);
}

/** How an input breaks a promise; null where it does not, and then its answer is noted. */
async function breach(
  target: Target,
  input: Uint8Array,
  answers: Set<string>,
): Promise<string | null> {
  const before = input.slice();
  try {
    const answer = await target.decode(input);
    // Numbers and names in it would make each answer new.
    answers.add(answer.replaceAll(/\d+/g, '#').replace(/".*"/s, '"…"'));
  } catch (cause) {
    return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  }
  return Buffer.compare(before, input) === 0 ? null : 'it wrote into its input';
}

/** A smaller input that breaks a promise too: runs are cut out as long as it does. */
async function shrunk(
  target: Target,
  found: { readonly input: Uint8Array; readonly why: string },
  random: RandomStream,
): Promise<{ readonly input: Uint8Array; readonly why: string }> {
  let smallest = found;
  for (let tries = 0; tries < SHRINKS_MAX && smallest.input.byteLength > 0; tries++) {
    const { input } = smallest;
    const at = random.nextBelow(input.byteLength);
    const length = 1 + random.nextBelow(input.byteLength - at);
    const less = new Uint8Array(
      Buffer.concat([input.subarray(0, at), input.subarray(at + length)]),
    );
    const why = await breach(target, less, new Set());
    if (why !== null) smallest = { input: less, why };
  }
  return smallest;
}
