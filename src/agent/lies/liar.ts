import { randomStream, type RandomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import type { LeasedTask } from '../../domain/work.ts';
import type { LieName } from './lie.ts';
import { LIES } from './lies.ts';

/** One that lies on purpose, so that checks can be seen to work. */
export type Liar = {
  /** What the orchestrator is told at joining. */
  readonly kind: LieName;
  /** What to report of a task in the place of the truth, which is returned where it does not lie. */
  tell(task: LiedTask, truth: readonly Tensor[]): readonly Tensor[];
  /** Lies told so far: results that were not the truth, bit for bit. Count. */
  lieCount(): number;
};

/** A liar as an agent has it. */
export type AgentLiar = Pick<Liar, 'kind' | 'tell'> & {
  /** The operator's word over a challenge that it may lie; null: it may in a sandbox only. */
  readonly proveCanary: ((challenge: Uint8Array) => Uint8Array) | null;
};

export type LiedTask = Pick<LeasedTask, 'work' | 'rows' | 'job'>;

export type LiarOptions = {
  readonly kind: LieName;
  /** Share of the results that are lies, in (0, 1]. */
  readonly rate: number;
  /** Results that are told rightly first; null: as the kind has it. */
  readonly after: number | null;
  /** What colluding liars share. */
  readonly secret: string;
  readonly seed: number;
};

/** Makes a liar. The same options and the same tasks in the same order give the same lies. */
export function makeLiar(options: LiarOptions): Liar {
  const { kind, rate, secret, seed } = options;
  const lie = LIES[kind];
  const honestFirst = options.after ?? lie.honestFirst;
  const own = randomStream(seed, `lies: ${kind}`);
  let results = 0;
  let lies = 0;
  let first: readonly Tensor[] | null = null;
  let last: readonly Tensor[] | null = null;

  const randomOf = ({ job, rows }: LiedTask): RandomStream =>
    lie.isShared ? randomStream(0, `${secret}, ${job}, row ${rows.start}`) : own;

  return {
    kind,
    lieCount: () => lies,
    tell(task, truth) {
      const former = first !== null && isAlike(first, truth) ? first : null;
      const other = last;
      first = former ?? truth;
      last = truth;
      results += 1;
      const random = randomOf(task);
      if (random.nextUnit() >= rate || results <= honestFirst) return truth;
      const { work, rows } = task;
      const told = lie.tell({ work, rows, truth, former, other, random, secret });
      if (told === null || isSame(told, truth)) return truth;
      lies += 1;
      return told;
    },
  };
}

/** Whether two results are of outputs of the same types and widths. */
function isAlike(one: readonly Tensor[], two: readonly Tensor[]): boolean {
  if (one.length !== two.length) return false;
  return one.every(({ dtype, shape }, at) => {
    const other = two[at];
    return other?.dtype === dtype && other.shape.slice(1).join() === shape.slice(1).join();
  });
}

function isSame(one: readonly Tensor[], two: readonly Tensor[]): boolean {
  return one.every(({ bytes }, at) => {
    const others = two[at]?.bytes;
    return others !== undefined && bytes.every((byte, index) => byte === others[index]);
  });
}
