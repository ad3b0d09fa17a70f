import { assert } from '../domain/assert.ts';
import type { LeaseId } from '../domain/ids.ts';
import type { BackendName, PrimitiveName } from '../domain/operator.ts';
import type { TaskReport } from '../domain/report.ts';
import type { LeasedTask } from '../domain/work.ts';

/** A task's way through the device. */
export type TaskStage =
  | { readonly kind: 'leased' }
  | { readonly kind: 'fetching' }
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'computing';
      readonly startedAtMs: number;
      readonly rowsDone: number;
      /** Null while the lane still loads what it needs. */
      readonly running: { readonly primitive: PrimitiveName; readonly backend: BackendName } | null;
    }
  | { readonly kind: 'computed'; readonly computeMs: number; readonly backend: BackendName }
  | { readonly kind: 'storing'; readonly computeMs: number; readonly backend: BackendName }
  | { readonly kind: 'done'; readonly result: TaskReport; readonly atMs: number }
  | { readonly kind: 'reporting'; readonly result: TaskReport; readonly atMs: number };

export type StageKind = TaskStage['kind'];

/** A leased task, and how far it has come. */
export type HeldTask<Stage extends TaskStage = TaskStage> = {
  readonly task: LeasedTask;
  readonly stage: Stage;
};
type HeldAt<Kind extends StageKind> = HeldTask<Extract<TaskStage, { kind: Kind }>>;

/** The tasks that an agent holds, by lease and by stage; every operation costs O(1). */
export class HeldTasks {
  readonly #byLease = new Map<LeaseId, HeldTask>();
  readonly #byStage: Readonly<Record<StageKind, Map<LeaseId, HeldTask>>> = {
    leased: new Map(),
    fetching: new Map(),
    ready: new Map(),
    computing: new Map(),
    computed: new Map(),
    storing: new Map(),
    done: new Map(),
    reporting: new Map(),
  };

  get size(): number {
    return this.#byLease.size;
  }

  get(lease: LeaseId): HeldTask | undefined {
    return this.#byLease.get(lease);
  }

  /** All of them, in the order in which they were leased. */
  all(): IterableIterator<HeldTask> {
    return this.#byLease.values();
  }

  count(...kinds: readonly StageKind[]): number {
    return kinds.reduce((sum, kind) => sum + this.#byStage[kind].size, 0);
  }

  /** Those at a stage, the one that came there first at the front. Safe to move while walking. */
  at<Kind extends StageKind>(kind: Kind): HeldAt<Kind>[] {
    // `#put` files each task under its own stage's kind.
    return [...this.#byStage[kind].values()] as HeldAt<Kind>[];
  }

  first<Kind extends StageKind>(kind: Kind): HeldAt<Kind> | null {
    const [first] = this.#byStage[kind].values();
    // As in `at`.
    return (first as HeldAt<Kind> | undefined) ?? null;
  }

  add(task: LeasedTask): void {
    assert(!this.#byLease.has(task.lease), `lease ${task.lease} is held already`);
    this.#put({ task, stage: { kind: 'leased' } });
  }

  move(lease: LeaseId, stage: TaskStage): void {
    const held = this.#byLease.get(lease);
    assert(held !== undefined, `lease ${lease} is not held`);
    if (held.stage.kind !== stage.kind) this.#byStage[held.stage.kind].delete(lease);
    this.#put({ task: held.task, stage });
  }

  remove(lease: LeaseId): void {
    const held = this.#byLease.get(lease);
    if (held === undefined) return;
    this.#byLease.delete(lease);
    this.#byStage[held.stage.kind].delete(lease);
  }

  #put(held: HeldTask): void {
    this.#byLease.set(held.task.lease, held);
    this.#byStage[held.stage.kind].set(held.task.lease, held);
  }
}
