import { describe, expect, it } from 'vitest';
import { parseContentId } from '../domain/ids.ts';
import {
  GRAPH_NODES_MAX,
  MODEL_BATCH_MAX,
  MODEL_BYTES_MAX,
  STAGE_TENSORS_MAX,
  TASK_OUTPUT_BYTES_MAX,
  TOLD_WAIT_MS_MAX,
} from '../domain/limits.ts';
import type { LeasedTask, Program, StageWork } from '../domain/work.ts';
import { stageMemory, taskBytes } from '../workloads/index.ts';
import {
  effectOf,
  granted,
  kinds,
  leaseId,
  OFFERED,
  task,
  valueOf,
  working,
} from './agent-subject.contract.ts';
import { refuteTask, type Offer } from './refute-task.ts';

const MIB = 1024 * 1024;
const TASK = task(0);
const BLOB = valueOf(parseContentId<'blob'>(`bafkrei${'a'.repeat(52)}`));

const withWork = (work: Partial<StageWork>): LeasedTask => ({
  ...TASK,
  work: { ...TASK.work, ...work },
});
const ofRows = (count: number): LeasedTask => ({ ...TASK, rows: { start: 0, end: count } });
const model = (of: { bytes?: number; batch?: number }): Program => ({
  kind: 'model',
  model: { blob: BLOB, byteLength: of.bytes ?? 1 },
  fixedBatch: of.batch ?? null,
  inputTypes: {},
});
const nodes = (count: number): Program => ({
  kind: 'graph',
  nodes: Array.from({ length: count }, (_, index) => ({
    operator: 'relu' as const,
    inputs: [index === 0 ? 'x' : `y${index - 1}`],
    output: index === count - 1 ? 'y' : `y${index}`,
  })),
});
const tensors = <T extends { readonly name: string }>(first: T | undefined, count: number): T[] => {
  if (first === undefined) throw new Error('the task has none');
  return Array.from({ length: count }, (_, at) =>
    at === 0 ? first : { ...first, name: `n${at}` },
  );
};
const RICH: Offer = { ...OFFERED, memoryBytes: 2 ** 50 };

describe('an agent takes a task up', () => {
  it('that fits what it offered', () => {
    expect(refuteTask(TASK, OFFERED)).toBeNull();
  });

  const LARGEST: [string, LeasedTask][] = [
    ['of the shortest lease', { ...TASK, leaseMs: 1 }],
    ['of the longest lease', { ...TASK, leaseMs: TOLD_WAIT_MS_MAX }],
    ['of the most nodes', withWork({ program: nodes(GRAPH_NODES_MAX) })],
    ['of the most inputs', withWork({ inputs: tensors(TASK.work.inputs[0], STAGE_TENSORS_MAX) })],
    [
      'of the most outputs',
      withWork({ outputs: tensors(TASK.work.outputs[0], STAGE_TENSORS_MAX) }),
    ],
    ['of the largest batch', withWork({ program: model({ batch: MODEL_BATCH_MAX }) })],
    ['of the largest model', withWork({ program: model({ bytes: MODEL_BYTES_MAX }) })],
    ['of the largest output', ofRows(TASK_OUTPUT_BYTES_MAX / 4)],
  ];
  it.each(LARGEST)('%s', (_, largest) => {
    expect(refuteTask(largest, RICH)).toBeNull();
  });
});

describe('an agent refuses a task', () => {
  const TOO_LARGE: [string, string, LeasedTask, string][] = [
    ['input_invalid', 'whose lease is over', { ...TASK, leaseMs: 0 }, '0 ms'],
    [
      'input_invalid',
      'whose lease lasts too long',
      { ...TASK, leaseMs: TOLD_WAIT_MS_MAX + 1 },
      'ms',
    ],
    ['limit_exceeded', 'of no nodes', withWork({ program: nodes(0) }), '0 nodes'],
    [
      'limit_exceeded',
      'of more nodes',
      withWork({ program: nodes(GRAPH_NODES_MAX + 1) }),
      `${GRAPH_NODES_MAX + 1} nodes`,
    ],
    ['limit_exceeded', 'of no inputs', withWork({ inputs: [] }), '0 inputs'],
    [
      'limit_exceeded',
      'of more inputs',
      withWork({ inputs: tensors(TASK.work.inputs[0], STAGE_TENSORS_MAX + 1) }),
      `${STAGE_TENSORS_MAX + 1} inputs`,
    ],
    ['limit_exceeded', 'of no outputs', withWork({ outputs: [] }), '0 outputs'],
    [
      'limit_exceeded',
      'of more outputs',
      withWork({ outputs: tensors(TASK.work.outputs[0], STAGE_TENSORS_MAX + 1) }),
      `${STAGE_TENSORS_MAX + 1} outputs`,
    ],
    [
      'limit_exceeded',
      'of a larger batch',
      withWork({ program: model({ batch: MODEL_BATCH_MAX + 1 }) }),
      'rows in a batch',
    ],
    [
      'limit_exceeded',
      'of a larger model',
      withWork({ program: model({ bytes: MODEL_BYTES_MAX + 1 }) }),
      'bytes of model',
    ],
    ['limit_exceeded', 'of a larger output', ofRows(TASK_OUTPUT_BYTES_MAX / 4 + 1), '65 MiB'],
    [
      'input_invalid',
      'whose graph reads what is not there',
      withWork({ inputs: tensors({ ...input(), name: 'z' }, 1) }),
      '"x"',
    ],
  ];
  it.each(TOO_LARGE)('as %s: %s', (code, _, refusedTask, named) => {
    const failure = refuteTask(refusedTask, RICH);
    expect(failure).toMatchObject({ code, message: expect.stringContaining('refused: ') });
    expect(failure?.message).toContain(named);
  });

  it('of an operator, or of a model, that it never offered', () => {
    const { relu: _relu, 'model.run': _models, ...primitives } = OFFERED.primitives;
    const offer = { ...OFFERED, primitives };
    for (const [work, named] of [
      [TASK.work, 'relu'],
      [{ program: model({}) }, 'model.run'],
    ] as const) {
      const failure = refuteTask(withWork(work), offer);
      expect(failure).toMatchObject({ code: 'operator_unsupported' });
      expect(failure?.message).toContain(named);
    }
  });

  it('that needs a byte more than is lent to one lane', () => {
    const rows = 100_000;
    const bytes = taskBytes(valueOf(stageMemory(TASK.work)), rows);
    const lending = (laneBytes: number): Offer => ({
      ...OFFERED,
      lanes: 3,
      memoryBytes: 3 * laneBytes + 2,
    });
    expect(refuteTask(ofRows(rows), lending(bytes))).toBeNull();
    const failure = refuteTask(ofRows(rows), lending(bytes - 1));
    expect(failure).toMatchObject({ code: 'size_unsupported' });
    expect(failure?.message).toContain(`needs ${Math.ceil(bytes / MIB)} MiB`);
  });
});

describe('what is refused', () => {
  const huge = { ...task(0), leaseMs: 0 };
  const reason = expect.stringContaining('refused: ');

  it('is reported with the reason, and nothing is fetched for it', () => {
    const subject = working();
    const effects = subject.answer(granted([huge]));
    expect(kinds(effects)).toEqual(['report']);
    expect(effectOf(effects, 'report').results).toEqual([
      {
        lease: leaseId(0),
        result: { kind: 'failed', failure: { code: 'input_invalid', message: reason } },
        computeMs: 0,
        backend: 'wasm',
      },
    ]);
    expect(subject.state.lastFailure?.failure.message).toEqual(reason);
    expect(subject.state.counters).toMatchObject({ tasksLeased: 1, tasksFailed: 1 });
  });

  it('does not keep others from being computed', () => {
    const subject = working();
    const effects = subject.answer(granted([huge, task(1)]));
    expect(effectOf(effects, 'fetch-inputs').task.lease).toBe(leaseId(1));
    expect(effects.filter(({ kind }) => kind === 'fetch-inputs')).toHaveLength(1);
  });

  it('makes no hot loop where it is all that comes', () => {
    const subject = working();
    subject.answer(granted([huge]));
    const leases = [leaseId(0)];
    const answered = { kind: 'report-answered', leases, statuses: ['received'] } as const;
    const { standing } = subject.state;
    if (standing === null) throw new Error('no standing');
    expect(kinds(subject.answer({ ...answered, standing, next: null }))).toEqual([]);
    expect(kinds(subject.after(99).tell({ kind: 'woken' }))).toEqual([]);
    expect(kinds(subject.after(1).tell({ kind: 'woken' }))).toEqual(['lease']);
  });
});

function input(): StageWork['inputs'][number] {
  const [first] = TASK.work.inputs;
  if (first === undefined) throw new Error('the task has no input');
  return first;
}
