import { CONTENDERS, isProduct, type Contender } from '../../agent/browser/workshop.ts';
import type { OperatorName } from '../../domain/operator.ts';
import type { Shape } from '../../domain/tensor.ts';

/** Where a tab computes. */
export const LAB_BACKENDS = ['wasm', 'webgpu'] as const;
export type LabBackend = (typeof LAB_BACKENDS)[number];

/** What is to be run. */
export type LabOrder = {
  readonly operator: OperatorName;
  readonly size: Shape;
  readonly backends: readonly LabBackend[];
  /** Whether other libraries run it, too. */
  readonly withPeers: boolean;
};

/** Who runs an order, in turn. */
export function contendersOf({ operator, backends, withPeers }: LabOrder): readonly Contender[] {
  return CONTENDERS.filter((contender) => {
    if (contender === 'wasm-threads' && !isProduct(operator)) return false;
    const { backend, isPeer } = TRAITS[contender];
    return backends.includes(backend) && (withPeers || !isPeer);
  });
}

export function backendOf(contender: Contender): LabBackend {
  return TRAITS[contender].backend;
}

const TRAITS: Readonly<Record<Contender, { backend: LabBackend; isPeer: boolean }>> = {
  wasm: { backend: 'wasm', isPeer: false },
  'wasm-threads': { backend: 'wasm', isPeer: false },
  'ort-wasm': { backend: 'wasm', isPeer: true },
  'jax-wasm': { backend: 'wasm', isPeer: true },
  webgpu: { backend: 'webgpu', isPeer: false },
  'ort-webgpu': { backend: 'webgpu', isPeer: true },
  'jax-webgpu': { backend: 'webgpu', isPeer: true },
};
