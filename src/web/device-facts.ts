import type { AgentSnapshot } from '../agent/browser/index.ts';
import { OPERATORS, PRIMITIVES, type BackendName, type PrimitiveName } from '../domain/operator.ts';

/** One primitive on this device: where it runs, and what did not pass before that was chosen. */
export type PrimitiveFact = {
  readonly primitive: PrimitiveName;
  /** Null: this device cannot. */
  readonly backend: BackendName | null;
  readonly refused: readonly { readonly backend: BackendName; readonly why: string }[];
};

/** What joining found out about each primitive; empty before the first joining. */
export function primitiveFacts(
  of: Pick<AgentSnapshot, 'capability' | 'conformance'>,
): readonly PrimitiveFact[] {
  const { capability, conformance } = of;
  if (capability === null) return [];
  return PRIMITIVES.map((primitive) => ({
    primitive,
    backend: capability.primitives[primitive] ?? null,
    refused: conformance
      .filter((report) => report.primitive === primitive && !report.passed)
      .map((report) => ({ backend: report.backend, why: report.detail })),
  }));
}

/** Backends that run operators here, the one with most first, and how many each runs. */
export function operatorBackends(
  facts: readonly PrimitiveFact[],
): readonly { readonly backend: BackendName; readonly count: number }[] {
  const counts = new Map<BackendName, number>();
  for (const fact of facts) {
    if (fact.backend === null || !isOperator(fact.primitive)) continue;
    counts.set(fact.backend, (counts.get(fact.backend) ?? 0) + 1);
  }
  return [...counts]
    .map(([backend, count]) => ({ backend, count }))
    .toSorted((a, b) => b.count - a.count);
}

function isOperator(primitive: PrimitiveName): boolean {
  return OPERATORS.some((operator) => operator === primitive);
}
