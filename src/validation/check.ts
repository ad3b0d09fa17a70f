import type { CheckName } from '../domain/checking.ts';

export type { CheckName };

/** A way to find out whether a result is right: what it proves, and what it costs. */
export type Check = {
  readonly name: CheckName;
  /** The chance that a wrong result passes, and under which assumption. */
  readonly soundness: string;
  /** Beside the work of the agents. */
  readonly cost: string;
  /** How far an honest result may differ, and from where the number comes. */
  readonly tolerance: string;
};
