import type { ConformanceReport } from './capability.ts';
import type { BackendName, OperatorName } from './operator.ts';
import type { Shape } from './tensor.ts';

/** How long an operator takes on a backend, at the size that crowd tests have. */
export type KernelTime = {
  readonly operator: OperatorName;
  readonly backend: BackendName;
  /** Median of several runs. */
  readonly medianUs: number;
};

/** The size at which crowd tests time an operator: [m, k, n] of products, else [rows, columns]. */
export function crowdSize(operator: OperatorName): Shape {
  return operator === 'matmul' || operator === 'qmatmul' ? [128, 768, 768] : [128, 768];
}

/** What a device made of one build of the kernels, as its volunteer publishes it. */
export type CrowdTest = {
  /** Content id of the kernels that ran. */
  readonly kernelBuild: string;
  /** Free text, as of a capability. At most DEVICE_LABEL_CHARS_MAX. */
  readonly label: string;
  /** WebGPU adapter, as it tells of itself; empty where none was tried. */
  readonly adapter: string;
  readonly madeAtMs: number;
  readonly conformance: readonly ConformanceReport[];
  /** Of what passed. */
  readonly times: readonly KernelTime[];
};
