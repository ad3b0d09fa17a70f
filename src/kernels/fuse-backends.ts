import type { ConformanceReport } from '../domain/capability.ts';
import { failure, type FailureCode } from '../domain/failure.ts';
import {
  OPERATORS,
  type BackendName,
  type OperatorName,
  type PrimitiveName,
} from '../domain/operator.ts';
import { fail, type Outcome } from '../domain/outcome.ts';
import type { Scratch } from '../domain/scratch.ts';
import type { Tensor } from '../domain/tensor.ts';
import type { Kernels, OperatorCall } from './kernels.ts';

/** Which backend runs each primitive on a device; absent: none can. */
export type ChosenPrimitives = Readonly<Partial<Record<PrimitiveName, BackendName>>>;

/** A device's backends behind one call, each running what it was chosen for. */
export type FusedKernels = {
  readonly primitives: ChosenPrimitives;
  /**
   * Runs an operator where it was chosen to run, or on the next backend that passed it where this
   * one has not the room or is lost; `into` is then asked again.
   *
   * Errors: operator_unsupported (no backend passed it), and those of Kernels.run.
   */
  run(call: OperatorCall, into?: Scratch): Promise<Outcome<Tensor>>;
  close(): void;
};

/** Failures after which another backend of the same device may still succeed. */
const WORTH_ANOTHER: ReadonlySet<FailureCode> = new Set([
  'limit_exceeded',
  'out_of_memory',
  'device_lost',
]);

/**
 * Chooses for each primitive the first backend, in the order preferred, whose report passed.
 *
 * A backend that computes an operator wrongly here is passed over for that operator alone, and
 * nobody is punished for it.
 */
export function choosePrimitives(
  reports: readonly ConformanceReport[],
  preferred: readonly BackendName[],
): ChosenPrimitives {
  const chosen: Partial<Record<PrimitiveName, BackendName>> = {};
  for (const backend of preferred) {
    for (const { primitive, passed } of reports.filter((report) => report.backend === backend)) {
      if (passed) chosen[primitive] ??= backend;
    }
  }
  return chosen;
}

/** Joins opened backends, preferred ones first, by what their conformance reports say. */
export function fuseBackends(
  backends: readonly Kernels[],
  reports: readonly ConformanceReport[],
): FusedKernels {
  const order = backends.map(({ backend }) => backend);
  const able = new Map<OperatorName, readonly Kernels[]>();
  for (const operator of OPERATORS) {
    const passed = reports.filter((report) => report.passed && report.primitive === operator);
    const names = new Set(passed.map(({ backend }) => backend));
    able.set(
      operator,
      backends.filter(({ backend }) => names.has(backend)),
    );
  }
  return {
    primitives: choosePrimitives(reports, order),
    run: (call, into) => runOnFirst(able.get(call.operator) ?? [], { call, into }),
    close: () => backends.forEach((kernels) => kernels.close()),
  };
}

async function runOnFirst(
  backends: readonly Kernels[],
  { call, into }: { readonly call: OperatorCall; readonly into: Scratch | undefined },
): Promise<Outcome<Tensor>> {
  const words = `no backend here computes ${call.operator} rightly: run it on another device`;
  let result: Outcome<Tensor> = fail(failure('operator_unsupported', words));
  for (const kernels of backends) {
    result = await kernels.run(call, into);
    if (result.ok || !WORTH_ANOTHER.has(result.failure.code)) return result;
  }
  return result;
}
