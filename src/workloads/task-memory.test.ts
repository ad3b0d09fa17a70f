import { describe, expect, it } from 'vitest';
import { parseContentId } from '../domain/ids.ts';
import { USUAL_TERMS, type JobSpec } from '../domain/job.ts';
import type { OperatorNode } from '../domain/operator.ts';
import { tensorBytes, type DType, type Shape, type Tensor } from '../domain/tensor.ts';
import type { RowCut, StageInput, StageWork } from '../domain/work.ts';
import { operatorOutput, runReference, type Kernels } from '../kernels/index.ts';
import { placesOf } from '../kernels/wasm-places.ts';
import { executeTask } from './execute.ts';
import { float32, MemoryTensors, REFERENCE_KERNELS, valueOf } from './run-job.contract.ts';
import { taskInputs, tensorRows } from './row-slice.ts';
import { memoryRequirement, taskBytes, type StageMemory } from './stage-memory.ts';
import { stageMemory } from './task-memory.ts';
import { planJob, planStage } from './workload.ts';

const MIB = 1024 * 1024;
/** Places in WASM memory begin at multiples of this. Bytes. */
const ALIGNMENT = 64;
const BLOB = valueOf(parseContentId<'blob'>(`bafkrei${'a'.repeat(52)}`));

type Case = {
  readonly nodes: readonly OperatorNode[];
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: readonly string[];
};

const numbers = (...shape: number[]): Tensor => {
  const count = shape.reduce((product, size) => product * size, 1);
  return float32(
    shape,
    Array.from({ length: count }, (_, index) => (index % 7) - 3),
  );
};
const integers = (count: number): Tensor => {
  const values = Int32Array.from({ length: count }, (_, index) => index % 5);
  return { dtype: 'int32', shape: [count], bytes: new Uint8Array(values.buffer) };
};
const node = (operator: OperatorNode['operator'], ...names: string[]): OperatorNode => {
  const [output = '', ...inputs] = names;
  return operator.startsWith('reduce')
    ? { operator, inputs, output, axis: 1 }
    : { operator, inputs, output };
};

// Of every way in which a node uses its operands, with as many rows as one pass has and one more.
const CASES: readonly (readonly [string, Case])[] = [
  [
    'one operator by rows',
    { nodes: [node('relu', 'y', 'x')], inputs: { x: numbers(257, 33) }, outputs: ['y'] },
  ],
  [
    'a chain, of which only the end is put out',
    {
      nodes: [node('relu', 'a', 'x'), node('tanh', 'b', 'a'), node('reduce-sum', 'y', 'b')],
      inputs: { x: numbers(600, 17) },
      outputs: ['y'],
    },
  ],
  [
    'a product of few rows',
    {
      nodes: [node('matmul', 'y', 'x', 'w')],
      inputs: { x: numbers(2, 40), w: numbers(40, 300) },
      outputs: ['y'],
    },
  ],
  [
    'a product of many rows, and a row that is added to each',
    {
      nodes: [node('matmul', 'a', 'x', 'w'), node('add', 'y', 'a', 'bias')],
      inputs: { x: numbers(300, 40), w: numbers(40, 30), bias: numbers(30) },
      outputs: ['a', 'y'],
    },
  ],
  [
    'a transpose',
    { nodes: [node('transpose', 'y', 'x')], inputs: { x: numbers(50, 300) }, outputs: ['y'] },
  ],
  [
    'a sum over all rows',
    {
      nodes: [{ operator: 'reduce-sum', inputs: ['x'], output: 'y', axis: 0 }],
      inputs: { x: numbers(300, 9) },
      outputs: ['y'],
    },
  ],
  [
    'two tensors of one shape',
    {
      nodes: [node('mul', 'y', 'x', 'z')],
      inputs: { x: numbers(257, 8), z: numbers(257, 8) },
      outputs: ['y'],
    },
  ],
  [
    'rows of a table',
    {
      nodes: [node('gather', 'y', 'table', 'at')],
      inputs: { table: numbers(5, 64), at: integers(300) },
      outputs: ['y'],
    },
  ],
];

describe('what a task of a graph holds', () => {
  it.each(CASES)('%s: is never more than is said of its rows', async (_, graph) => {
    const { work, rowCount } = planned(graph, null);
    const memory = valueOf(stageMemory(work));
    for (const rows of [1, 2, 255, 256, 257, rowCount].filter((count) => count <= rowCount)) {
      const held = await heldBytes(work, { start: 0, end: rows }, graph);
      expect(held).toBeGreaterThan(0);
      // Without what is said of the runtime, in which a mistake would not show.
      expect(held).toBeLessThanOrEqual(taskBytes(memory, rows) - 16 * MIB);
    }
  });

  it.each(CASES)('%s: is said without more than a few times too much', async (_, graph) => {
    const { work, rowCount } = planned(graph, null);
    const memory = valueOf(stageMemory(work));
    const held = await heldBytes(work, { start: 0, end: rowCount }, graph);
    expect(taskBytes(memory, rowCount) - 16 * MIB).toBeLessThan(2 * held);
  });

  it('grows by what is made between inputs and outputs up to one pass, and not behind that', () => {
    const graph = CASES[1]?.[1];
    if (graph === undefined) throw new Error('no such case');
    const memory = valueOf(stageMemory(planned(graph, null).work));
    // x comes in with 68 bytes a row, y goes out with 4; a, b and y are made, and tanh is the
    // largest call, with its operand and its result.
    expect(memory).toEqual({
      fixedBytes: 16 * MIB,
      rowBytes: 68 + 4,
      passBytes: 68 + 68 + 4 + 68 + 68,
      passRowsMax: 256,
    });
    expect(taskBytes(memory, 256) - taskBytes(memory, 255)).toBe(72 + 276);
    expect(taskBytes(memory, 257) - taskBytes(memory, 256)).toBe(72);
  });

  const REFUSED: [string, OperatorNode[], Record<string, Shape>, string][] = [
    ['a node without an operand', [node('relu', 'y', 'none')], { x: [4, 4] }, 'input_invalid'],
    [
      'operands that do not fit',
      [node('matmul', 'y', 'x', 'z')],
      { x: [4, 4], z: [5, 4] },
      'shape_mismatch',
    ],
    [
      'a cut input that is turned, and a product of that',
      [node('transpose', 't', 'x'), node('matmul', 'y', 't', 'x')],
      { x: [4, 1_000_000] },
      'input_invalid',
    ],
    [
      'all rows of what is made of some',
      [node('relu', 'a', 'x'), node('matmul', 'y', 'a', 'a')],
      { x: [4, 4] },
      'input_invalid',
    ],
  ];
  it.each(REFUSED)('cannot be said of %s', (_, nodes, shapes, code) => {
    const inputs = Object.entries(shapes).map(([name, shape]) => input(name, 'rows', shape));
    const outputs = [{ name: 'y', dtype: 'float32', rowShape: [4] }] as const;
    const refused = stageMemory({ program: { kind: 'graph', nodes }, inputs, outputs });
    expect(refused).toMatchObject({ ok: false, failure: { code } });
  });
});

describe('what a task of a model holds', () => {
  const model = (bytes: number, fixedBatch: number | null) =>
    ({
      kind: 'model',
      model: { blob: BLOB, byteLength: bytes },
      fixedBatch,
      inputTypes: {},
    }) as const;
  const outputs = [{ name: 'y', dtype: 'float32', rowShape: [10] }] as const;

  it.each([1, MIB, 2 ** 31 - 1])('grows five times as much as the model, of %i bytes', (bytes) => {
    const of = (size: number) =>
      memoryOf({ program: model(size, null), inputs: [input('x', 'rows', [9, 3])], outputs });
    expect(taskBytes(of(bytes), 1) - taskBytes(of(0), 1)).toBe(5 * bytes);
  });

  it('has the rows of its task, and those of one run some times more', () => {
    const memory = memoryOf({
      program: model(0, null),
      inputs: [input('x', 'rows', [9, 3])],
      outputs,
    });
    const [given, put] = [12, 40];
    expect(memory).toEqual({
      fixedBytes: 80 * MIB,
      rowBytes: given + put,
      passBytes: 3 * given + 2 * put,
      passRowsMax: 256,
    });
  });

  it('runs fewer rows at once where those are large', () => {
    const inputs = [input('x', 'rows', [9, MIB])];
    expect(memoryOf({ program: model(0, null), inputs, outputs }).passRowsMax).toBe(3);
  });

  it('counts inputs as they are cast, and constants that go to every task', () => {
    const casts = { ...model(0, null), inputTypes: { x: 'float32' } } as const;
    const inputs = [input('x', 'rows', [9, 100], 'uint8'), input('table', 'whole', [1000])];
    const memory = memoryOf({ program: casts, inputs, outputs });
    expect(memory.rowBytes).toBe(100 + 40);
    expect(memory.passBytes).toBe(100 + 2 * 400 + 2 * 40);
    expect(memory.fixedBytes - 80 * MIB).toBe(3 * 4000);
  });

  it.each([1, 65_536])('fills a fixed batch of %i, however few rows a task has', (fixedBatch) => {
    const memory = memoryOf({
      program: model(0, fixedBatch),
      inputs: [input('x', 'rows', [9, 3])],
      outputs,
    });
    expect(taskBytes(memory, 1)).toBe(80 * MIB + 52 + fixedBatch * (36 + 80));
  });
});

describe('a requirement', () => {
  it.each([1, 255, 256, 257, 1000])(
    'of a smallest task of %i rows bounds every larger one',
    (smallest) => {
      const memory = { fixedBytes: 1000, rowBytes: 7, passBytes: 90, passRowsMax: 256 };
      const { memoryBytes, rowBytes } = memoryRequirement(memory, smallest);
      expect(memoryBytes).toBe(taskBytes(memory, smallest));
      for (const rows of [0, 1, 255, 256, 257, 5000].map((more) => smallest + more)) {
        expect(taskBytes(memory, rows)).toBeLessThanOrEqual(
          memoryBytes + (rows - smallest) * rowBytes,
        );
      }
      // No more than it must be for the next row.
      expect(memoryBytes + rowBytes).toBe(taskBytes(memory, smallest + 1));
    },
  );

  it.each([
    ['as many rows as its producer wants', 20],
    ['rows by the device', null],
  ])('of tasks of %s is what an agent finds from its task', (_, rowsPerTask) => {
    for (const [, graph] of CASES) {
      const { work, requirement, cut } = planned(graph, rowsPerTask);
      const found = memoryRequirement(valueOf(stageMemory(work)), smallestRows(cut));
      expect(requirement).toMatchObject(found);
    }
  });

  it('of a model is what an agent finds from its task', () => {
    const tensor = input('x', 'rows', [90, 28, 28], 'uint8').tensor;
    const workload = {
      kind: 'inference',
      model: { blob: BLOB, byteLength: 26_454 },
      inputs: [{ name: 'x', tensor }],
      constants: [],
      outputs: [],
    } as const;
    const facts = {
      inputs: [{ name: 'x', dtype: 'float32', shape: [1, 28, 28] }],
      rowOutputs: [{ name: 'y', dtype: 'float32', rowShape: [10] }],
      msPerRow: 1,
    } as const;
    const spec: JobSpec = { ...USUAL_TERMS, name: 'digits', workload, rowsPerTask: 7 };
    const plan = valueOf(planJob(spec, facts));
    const { work, requirement } = valueOf(planStage(plan, { stage: 0, tensors: new Map() }));
    expect(requirement).toMatchObject(memoryRequirement(memoryOf(work), 7));
  });
});

function memoryOf(work: StageWork): StageMemory {
  return valueOf(stageMemory(work));
}

function input(
  name: string,
  cut: StageInput['cut'],
  shape: Shape,
  dtype: DType = 'float32',
): StageInput {
  return {
    name,
    cut,
    tensor: { dtype, shape, source: { kind: 'blob', blob: BLOB, byteOffset: 0 } },
  };
}

function smallestRows(cut: RowCut): number {
  return cut.kind === 'fixed' ? cut.rowsPerTask : cut.grainRows;
}

/** The only stage of a graph. */
function planned({ nodes, inputs, outputs }: Case, rowsPerTask: number | null) {
  const store = new MemoryTensors();
  const named = Object.entries(inputs).map(([name, tensor]) => ({
    name,
    tensor: store.put(tensor),
  }));
  const workload = { kind: 'operators', nodes, inputs: named, outputs } as const;
  const spec: JobSpec = { ...USUAL_TERMS, name: 'a graph', workload, rowsPerTask };
  const plan = valueOf(planJob(spec, null));
  expect(plan.stageCount).toBe(1);
  return valueOf(planStage(plan, { stage: 0, tensors: new Map() }));
}

/** The most bytes that are there at once in a run of a task, kernels' copies included. */
async function heldBytes(
  work: StageWork,
  rows: { readonly start: number; readonly end: number },
  graph: Case,
): Promise<number> {
  const inputs = new Map<string, Tensor>();
  for (const { name, cut } of taskInputs(work, rows)) {
    const tensor = graph.inputs[name];
    if (tensor === undefined) throw new Error(`no input ${name}`);
    inputs.set(name, cut === 'rows' ? tensorRows(tensor, rows) : tensor);
  }
  let standing = 0;
  for (const tensor of inputs.values()) standing += tensorBytes(tensor);
  for (const { dtype, rowShape } of work.outputs) {
    standing += tensorBytes({ dtype, shape: [rows.end - rows.start, ...rowShape] });
  }
  let made = 0;
  let calls = 0;
  let most = 0;
  const kernels: Kernels = {
    ...REFERENCE_KERNELS,
    run: async (call) => {
      // The nodes of one pass come one behind the other, and then those of the next.
      if (calls++ % graph.nodes.length === 0) made = 0;
      const output = valueOf(operatorOutput(call));
      const places = placesOf(call, { output, start: 0 });
      // A tile of columns is put together for its call.
      const tile = call.operator === 'transpose' ? tensorBytes(output) : 0;
      made += tensorBytes(output);
      const copies = places.end - ALIGNMENT * (call.inputs.length + 2);
      most = Math.max(most, standing + made + tile + copies);
      return runReference(call);
    },
  };
  const run = { work, rows, inputs, kernelsFor: () => kernels, session: null };
  valueOf(await executeTask(run));
  return most;
}
