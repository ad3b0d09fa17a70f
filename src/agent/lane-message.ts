import { assertNever } from '../domain/assert.ts';
import type { ConformanceReport, WebGpuFeatures } from '../domain/capability.ts';
import type { BackendName, PrimitiveName } from '../domain/operator.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { RowRange, Tensor, TensorRef } from '../domain/tensor.ts';
import type { BlobRef, StageWork } from '../domain/work.ts';
import type { BackendChoice } from './agent-event.ts';

// What an agent and its compute lanes tell each other. Plain values that survive structured
// cloning, the same in a browser's Worker and in Node's worker_threads. There is no message that
// stops a computation: whoever wants that terminates the lane.

/** From the agent to a lane. */
export type LaneRequest =
  | {
      readonly kind: 'open';
      readonly backend: BackendChoice;
      /** Conformance of this device where another lane found it; null: find it. */
      readonly survey: LaneSurvey | null;
      /** What failed a vector in mid-session: not to be used, though it passes now. */
      readonly broken: readonly ConformanceReport[];
      /** Memory for this lane's caches of models and whole inputs. */
      readonly cacheBytes: number;
    }
  | ({ readonly kind: 'run' } & LaneTask)
  | ({ readonly kind: 'spot' } & LaneSpot)
  | { readonly kind: 'give'; readonly request: number; readonly bytes: Outcome<Uint8Array> };

/** From a lane to the agent. */
export type LaneAnswer =
  | { readonly kind: 'opened'; readonly survey: Outcome<LaneSurvey> }
  | { readonly kind: 'want'; readonly request: number; readonly item: WantedItem }
  | ({ readonly kind: 'progress' } & LaneProgress)
  | ({ readonly kind: 'ran' } & LaneResult)
  | ({ readonly kind: 'spotted' } & SpotResult)
  /** The kernels' GPU is gone: what runs goes on in WASM, and then the lane wants a fresh start. */
  | { readonly kind: 'gpu-lost' };

/** One task, with the inputs that are cut to its rows; null for one that goes to every task. */
export type LaneTask = {
  readonly work: StageWork;
  readonly rows: RowRange;
  readonly inputs: readonly (Tensor | null)[];
};

/** Try the backends of these primitives again, on the next vector of each. */
export type LaneSpot = { readonly primitives: readonly PrimitiveName[]; readonly turn: number };

export type SpotResult = {
  /** Vectors that came out wrong; none where all passed. */
  readonly failed: readonly ConformanceReport[];
  /** Some could not be tried, because the device was lost or is full: nothing is proven. */
  readonly isInconclusive: boolean;
};

/** `rowsDone` is 0 once all is loaded and computing begins. */
export type LaneProgress = {
  readonly rowsDone: number;
  readonly primitive: PrimitiveName;
  readonly backend: BackendName;
};

export type LaneResult = {
  readonly outputs: Outcome<readonly Tensor[]>;
  readonly computeMs: number;
  readonly backend: BackendName;
};

/** What a lane lacks, and asks the agent for once: it keeps it for the tasks to come. */
export type WantedItem =
  | { readonly kind: 'model'; readonly model: BlobRef }
  | { readonly kind: 'tensor'; readonly tensor: TensorRef };

/** What a device computes rightly, and where. */
export type LaneSurvey = {
  readonly primitives: Readonly<Partial<Record<PrimitiveName, BackendName>>>;
  readonly conformance: readonly ConformanceReport[];
  /** Null where no adapter was asked for or found. */
  readonly webgpu: WebGpuFeatures | null;
};

/** The primitive that a task is shown to run: its model, or its graph's first operator. */
export function primitiveOf({ program }: Pick<StageWork, 'program'>): PrimitiveName {
  return primitivesOf({ program })[0] ?? 'add';
}

/** Every primitive that a task runs. */
export function primitivesOf({ program }: Pick<StageWork, 'program'>): readonly PrimitiveName[] {
  switch (program.kind) {
    case 'model':
      return ['model.run'];
    case 'audit':
      return ['ledger.audit'];
    case 'graph':
      return [...new Set(program.nodes.map(({ operator }) => operator))];
    default:
      return assertNever(program);
  }
}
