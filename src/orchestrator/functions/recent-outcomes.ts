import { OUTCOMES_KEPT_BYTES_MAX, OUTCOMES_KEPT_MAX } from '../../domain/limits.ts';
import type { CanonicalValue } from '../../integrity/index.ts';
import type { OutcomeAnswer, ToldOutcome } from './functions-message.ts';

/**
 * What the latest actions came to. Older ones are forgotten: whoever wants one evaluates the log.
 *
 * Limits: OUTCOMES_KEPT_MAX actions, OUTCOMES_KEPT_BYTES_MAX bytes of values.
 */
export class RecentOutcomes {
  /** By index, which rises. */
  readonly #outcomes = new Map<number, ToldOutcome>();
  #bytes = 0;
  /** From here on nothing is forgotten. */
  #from = 0;

  /** Takes note of an action's outcome; the index is above all before. */
  add(index: number, outcome: ToldOutcome): void {
    this.#outcomes.set(index, outcome);
    this.#bytes += bytesOf(outcome);
    while (this.#outcomes.size > OUTCOMES_KEPT_MAX || this.#bytes > OUTCOMES_KEPT_BYTES_MAX) {
      // There is one: more are kept than may be.
      const [first, oldest] = this.#outcomes.entries().next().value as [number, ToldOutcome];
      this.#outcomes.delete(first);
      this.#bytes -= bytesOf(oldest);
      this.#from = first + 1;
    }
  }

  /** What is known of an entry among the first `size`. */
  of(index: number, size: number): OutcomeAnswer {
    if (index >= size) return { kind: 'not-folded' };
    if (index < this.#from) return { kind: 'forgotten' };
    return this.#outcomes.get(index) ?? { kind: 'other' };
  }

  /** All of it, to go on from. */
  rows(): CanonicalValue {
    const rows = [...this.#outcomes].map(([index, outcome]) => {
      return [index, outcome.kind, wordOf(outcome)];
    });
    return [this.#from, rows];
  }

  /** What `rows` gave; null for anything else. */
  static from(value: CanonicalValue | undefined): RecentOutcomes | null {
    if (!isList(value)) return null;
    const [from, rows] = value;
    if (typeof from !== 'number' || !isList(rows)) return null;
    const recent = new RecentOutcomes();
    recent.#from = from;
    for (const row of rows) {
      if (!isList(row)) return null;
      const [index, kind, word] = row;
      const outcome = outcomeIn(kind, word);
      if (typeof index !== 'number' || outcome === null) return null;
      recent.add(index, outcome);
    }
    return recent;
  }
}

function outcomeIn(
  kind: CanonicalValue | undefined,
  word: CanonicalValue | undefined,
): ToldOutcome | null {
  if (kind === 'done') return word instanceof Uint8Array ? { kind, value: word } : null;
  if (kind !== 'thrown' && kind !== 'stopped' && kind !== 'refused') return null;
  return typeof word === 'string' ? { kind, detail: word } : null;
}

function wordOf(outcome: ToldOutcome): CanonicalValue {
  if (outcome.kind === 'done') return outcome.value;
  return outcome.kind === 'other' ? '' : outcome.detail;
}

function bytesOf(outcome: ToldOutcome): number {
  const word = wordOf(outcome);
  if (word instanceof Uint8Array) return word.byteLength;
  return typeof word === 'string' ? word.length : 0;
}

function isList(value: CanonicalValue | undefined): value is readonly CanonicalValue[] {
  return Array.isArray(value);
}
