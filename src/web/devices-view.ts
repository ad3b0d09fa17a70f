import { OPERATORS, type BackendName, type PrimitiveName } from '../domain/operator.ts';
import { PRIMITIVES } from '../domain/operator.ts';
import { backendFromWire, type DeviceConformance } from '../wire/index.ts';

/** What a kind of device says of one calculation: all its keys that it is right, none, or some. */
export type Verdict = 'right' | 'wrong' | 'partly';

export type DeviceTest = {
  readonly primitive: PrimitiveName;
  readonly passedKeys: number;
  readonly failedKeys: number;
  readonly verdict: Verdict;
  /** Keys that told how long it takes, and the median of their times; null where none told. */
  readonly time: { readonly keys: number; readonly medianUs: number } | null;
  /** What failed, in the words of one such device; empty where nothing did. */
  readonly detail: string;
};

/** Calculations that belong together. */
export const GROUPS = {
  products: ['matmul', 'qmatmul', 'qlinear', 'transpose'],
  elements: ['add', 'sub', 'mul', 'div', 'max', 'min'],
  reductions: ['reduce-sum', 'reduce-mean', 'reduce-max'],
  rows: ['softmax', 'layer-norm', 'rms-norm', 'argmax', 'top-k', 'gather', 'rotary', 'attention'],
  functions: ['relu', 'tanh', 'sigmoid', 'exp', 'log', 'gelu', 'silu'],
} as const satisfies Readonly<Record<string, readonly PrimitiveName[]>>;
export type GroupName = keyof typeof GROUPS;

/** One kind of device on one of its backends. */
export type DeviceRow = {
  readonly key: string;
  readonly software: string;
  /** Empty where none was offered. */
  readonly adapter: string;
  readonly backend: BackendName;
  readonly keys: number;
  readonly lastSeenAtMs: number;
  /** Of such devices on all their backends, as checks found. */
  readonly resultsAccepted: number;
  readonly resultsRejected: number;
  /** In the order of primitives. */
  readonly tests: readonly DeviceTest[];
};

/** What a person wants to see. */
export type DevicesFilter = {
  readonly backend: BackendName | 'all';
  readonly failuresOnly: boolean;
};

/** Rows of the table: devices in the order of the answer, each with one row a backend. */
export function deviceRowsFrom(devices: readonly DeviceConformance[]): readonly DeviceRow[] {
  return devices.flatMap((device): DeviceRow[] => {
    const byBackend = new Map<BackendName, DeviceTest[]>();
    for (const told of device.primitives) {
      const backend = backendFromWire(told.backend);
      const { primitive } = told;
      // A newer orchestrator may know more than this page.
      if (!backend.ok || !isPrimitive(primitive)) continue;
      const tests = byBackend.get(backend.value) ?? [];
      tests.push({ ...testOf(told), primitive });
      byBackend.set(backend.value, tests);
    }
    const { software, adapter, keys } = device;
    return [...byBackend].map(([backend, tests]) => ({
      key: `${software}\n${adapter}\n${backend}`,
      ...{ software, adapter, backend, keys, tests },
      lastSeenAtMs: Number(device.lastSeenAtMs),
      resultsAccepted: Number(device.resultsAccepted),
      resultsRejected: Number(device.resultsRejected),
    }));
  });
}

/** The rows that a filter leaves. */
export function filterRows(
  rows: readonly DeviceRow[],
  { backend, failuresOnly }: DevicesFilter,
): readonly DeviceRow[] {
  return rows.filter((row) => {
    const isWanted = backend === 'all' || row.backend === backend;
    return isWanted && (!failuresOnly || failuresOf(row).length > 0);
  });
}

/** What did not pass on every such device. */
export function failuresOf({ tests }: DeviceRow): readonly DeviceTest[] {
  return tests.filter(({ verdict }) => verdict !== 'right');
}

/** What was timed on such devices, in the order of primitives. */
export function timedOf({ tests }: DeviceRow): readonly (DeviceTest & {
  readonly time: NonNullable<DeviceTest['time']>;
})[] {
  return tests.flatMap((test) => (test.time === null ? [] : [{ ...test, time: test.time }]));
}

/** What a row says of a group: how many of its calculations were tried, and how they came out. */
export function groupOf(
  { tests }: DeviceRow,
  group: GroupName,
): Readonly<Record<Verdict | 'tried', number>> {
  const names: readonly PrimitiveName[] = GROUPS[group];
  const own = tests.filter(({ primitive }) => names.includes(primitive));
  const countOf = (wanted: Verdict) => own.filter(({ verdict }) => verdict === wanted).length;
  const [right, wrong, partly] = [countOf('right'), countOf('wrong'), countOf('partly')];
  return { tried: own.length, right, wrong, partly };
}

function testOf(told: {
  readonly passedKeys: number;
  readonly failedKeys: number;
  readonly failureDetail: string;
  readonly timedKeys: number;
  readonly medianUs: bigint;
}) {
  const { passedKeys, failedKeys, failureDetail: detail, timedKeys } = told;
  const time = timedKeys === 0 ? null : { keys: timedKeys, medianUs: Number(told.medianUs) };
  const verdict: Verdict = failedKeys === 0 ? 'right' : passedKeys === 0 ? 'wrong' : 'partly';
  return { passedKeys, failedKeys, verdict, detail, time };
}

function isPrimitive(name: string): name is PrimitiveName {
  return PRIMITIVES.some((primitive) => primitive === name);
}

// A calculation that no group has would be missing from the table.
const GROUPED = new Set<PrimitiveName>(Object.values(GROUPS).flat());
if (!OPERATORS.every((operator) => GROUPED.has(operator))) {
  throw new Error('broken invariant: every operator is in a group');
}
