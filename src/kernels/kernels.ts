import type { BackendName, OperatorName } from '../domain/operator.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Scratch } from '../domain/scratch.ts';
import type { Tensor } from '../domain/tensor.ts';

/** One operator applied to tensors that are here. */
export type OperatorCall = {
  readonly operator: OperatorName;
  readonly inputs: readonly Tensor[];
  /** Only for reduce-*: the axis reduced, 0-based. */
  readonly axis?: number;
};

/** The operator set on one backend of one device. */
export interface Kernels {
  readonly backend: BackendName;
  /** Operators that this backend has at all; conformance then says which of them are right. */
  readonly operators: ReadonlySet<OperatorName>;
  /** How it was tuned to this device, a line each, for people; absent where there is no choice. */
  readonly tuning?: readonly string[];
  /**
   * Runs one operator.
   *
   * The result lies in what `into` gives, which is the caller's and must hold no operand; without it,
   * in fresh memory, which costs more to make real than many an operator takes. What `into` gave holds
   * nothing of use after a failure.
   *
   * Errors: shape_mismatch, limit_exceeded (sizes this backend cannot hold), out_of_memory,
   * device_lost (after which every call fails so: open anew), execution_failed.
   */
  run(call: OperatorCall, into?: Scratch): Promise<Outcome<Tensor>>;
  /** Settles when the device is gone for good; never on backends that cannot be lost. */
  readonly lost: Promise<string>;
  close(): void;
}
