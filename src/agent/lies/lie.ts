import type { RandomStream } from '../../domain/random.ts';
import type { RowRange, Tensor } from '../../domain/tensor.ts';
import type { StageWork } from '../../domain/work.ts';

/** The kinds of lies that an agent can be told to tell, for sandboxes and canaries. */
export const LIE_NAMES = [
  'one-element',
  'stale-result',
  'other-task',
  'scaled',
  'low-rank',
  'zero-tail',
  'below-tolerance',
  'lazy-model',
  'colluding-pair',
  'honest-then-lying',
  'big-only',
  'dtype-rounding',
] as const;
export type LieName = (typeof LIE_NAMES)[number];

/** What a liar knows when it lies of a task that it computed rightly. */
export type Telling = {
  readonly work: Pick<StageWork, 'program' | 'outputs'>;
  readonly rows: RowRange;
  /** One tensor for each of the work's outputs; not to be changed. */
  readonly truth: readonly Tensor[];
  /** The first result that it computed of outputs of these types and widths; null: this is it. */
  readonly former: readonly Tensor[] | null;
  /** Its result of the task before this one, whatever that was of; null: this is its first. */
  readonly other: readonly Tensor[] | null;
  readonly random: RandomStream;
  /** What those share who lie together. */
  readonly secret: string;
};

/** One kind of lie: a pure function of what is known, within the structure of the truth. */
export type Lie = {
  /** One sentence for people. */
  readonly sentence: string;
  /** False of a control, which no check may find. */
  readonly isWrong: boolean;
  /** Results that are told rightly before the first lie, unless the teller is told otherwise. */
  readonly honestFirst: number;
  /** Whether those that share a secret lie of the same tasks. */
  readonly isShared: boolean;
  /** Null: it cannot be told of this task, which is then told rightly. */
  readonly tell: (telling: Telling) => readonly Tensor[] | null;
};

/** The kind of that name; null: there is none. */
export function parseLieName(text: string): LieName | null {
  return LIE_NAMES.find((name) => name === text) ?? null;
}
