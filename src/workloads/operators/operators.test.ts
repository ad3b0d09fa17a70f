import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { USUAL_TERMS, type OperatorsSpec } from '../../domain/job.ts';
import { OPERATORS, type OperatorName, type OperatorNode } from '../../domain/operator.ts';
import { randomStream } from '../../domain/random.ts';
import type { Shape, Tensor } from '../../domain/tensor.ts';
import {
  compareTensors,
  openWasmKernels,
  operatorOutput,
  runReference,
  toleranceOf,
} from '../../kernels/index.ts';
import { checkByRecompute } from '../check.ts';
import {
  float32,
  MemoryTensors,
  CHECKING,
  runJob,
  runTask,
  taskRows,
  valueOf,
} from '../run-job.contract.ts';
import { planJob } from '../workload.ts';

type Graph = { readonly nodes: OperatorNode[]; readonly inputs: Map<string, Tensor> };

describe('operators over tiles', () => {
  it.each([1, 7, 100, 256, 1024, null])(
    'matmul, add, relu, reduce-sum of 1024 x 1024 in tasks of %s rows equal the whole, in WASM',
    async (rowsPerTask) => {
      const graph = bigGraph();
      const kernels = valueOf(await openWasmKernels());
      const whole = await directly(graph, async (call) => valueOf(await kernels.run(call)));
      const store = new MemoryTensors();
      const workload = specOf(graph, { store, outputs: ['sums'] });
      const { outputs, plan } = await runJob({ store, workload, rowsPerTask, kernels });
      expect(plan.stageCount).toBe(1);
      expect(outputs.get('sums')).toEqual(whole.get('sums'));
    },
    30_000,
  );

  it('cuts that graph into 32 tasks if nothing else is asked for', async () => {
    const store = new MemoryTensors();
    const workload = specOf(bigGraph(), { store, outputs: ['sums'] });
    const spec = {
      ...USUAL_TERMS,
      name: 'big',
      workload,
      checking: { kind: 'adaptive' },
      rowsPerTask: null,
    } as const;
    const { stages } = valueOf(planJob(spec, null));
    expect(stages).toMatchObject([{ rowCount: 1024, cut: { kind: 'fitted' } }]);
    expect(stages[0]?.requirement.primitives).toEqual(['matmul', 'add', 'relu', 'reduce-sum']);
    // The second operand, 4 MiB, goes to every task.
    expect(stages[0]?.requirement.memoryBytes).toBeGreaterThan(2 * 4 * 1024 * 1024);
  });

  it('equal running the graph as a whole, whatever the graph and the size of tasks', async () => {
    const rows = fc.option(fc.integer({ min: 1, max: 6 }));
    const counted = { stages: 0, runs: 0 };
    await fc.assert(
      fc.asyncProperty(randomGraph(), rows, fc.infiniteStream(fc.boolean()), async (...of) => {
        const [graph, rowsPerTask, wanted] = of;
        fc.pre(graph.nodes.length > 0);
        const chosen = graph.nodes.filter(() => wanted.next().value === true);
        const outputs = (chosen.length > 0 ? chosen : graph.nodes).map(({ output }) => output);
        const whole = await directly(graph, async (call) => valueOf(runReference(call)));
        const store = new MemoryTensors();
        const job = await runJob({
          store,
          workload: specOf(graph, { store, outputs }),
          rowsPerTask,
        });
        counted.stages += job.plan.stageCount;
        counted.runs += 1;
        for (const name of outputs) {
          expect(numbersOf(job.outputs.get(name))).toEqual(numbersOf(whole.get(name)));
        }
      }),
      { numRuns: 400 },
    );
    // Graphs of one stage only would show little.
    expect(counted.stages / counted.runs).toBeGreaterThan(1.5);
  }, 30_000);

  it('gives transpose its whole input, and row-local operators their rows alone', async () => {
    const { store, workload } = transposed();
    await runJob({ store, workload, rowsPerTask: 2 });
    // Three tasks read 6 x 5 floats each; then the parts of two outputs are read once to join them.
    expect(store.readBytes).toBe(3 * 4 * 6 * 5 + 2 * 4 * 6 * 5);
    const inputs = new Map([['a', float32([6, 5], values(30, 4))]]);
    const nodes: OperatorNode[] = [{ operator: 'relu', inputs: ['a'], output: 'y' }];
    const local = new MemoryTensors();
    const relu = specOf({ nodes, inputs }, { store: local, outputs: ['y'] });
    await runJob({ store: local, workload: relu, rowsPerTask: 2 });
    expect(local.readBytes).toBe(4 * 6 * 5 + 4 * 6 * 5);
  });
});

describe('checking random graphs', () => {
  it('accepts what honest WASM kernels compute, whatever the graph', async () => {
    const kernels = valueOf(await openWasmKernels());
    await fc.assert(
      fc.asyncProperty(randomGraph(), async (graph) => {
        fc.pre(graph.nodes.length > 0);
        const outputs = graph.nodes.map(({ output }) => output);
        const store = new MemoryTensors();
        const workload = specOf(graph, { store, outputs });
        const { stages } = await runJob({ store, workload, rowsPerTask: 3, kernels });
        for (const stage of stages) {
          for (const rows of taskRows(stage)) {
            const results = [
              { lease: 'wasm', output: await runTask({ store, kernels }, { stage, rows }) },
            ];
            const task = { work: stage.work, rows, read: store.read, session: null, results };
            const by = { random: randomStream(1, 'check'), ...CHECKING };
            const judged = valueOf(await checkByRecompute({ ...task, ...by, share: 1 }));
            expect(judged.verdicts).toEqual([{ lease: 'wasm', verdict: { kind: 'accepted' } }]);
          }
        }
      }),
      { numRuns: 400 },
    );
  }, 30_000);

  it('catches one wrong logarithm beside the logarithms of zeros', async () => {
    const kernels = valueOf(await openWasmKernels());
    const inputs = new Map([
      ['a', float32([6, 5], values(30, 1))],
      ['b', float32([5, 5], values(25, 2))],
    ]);
    const nodes: OperatorNode[] = [
      { operator: 'matmul', inputs: ['a', 'b'], output: 'product' },
      { operator: 'relu', inputs: ['product'], output: 'positive' },
      { operator: 'log', inputs: ['positive'], output: 'y' },
    ];
    const store = new MemoryTensors();
    const workload = specOf({ nodes, inputs }, { store, outputs: ['y'] });
    const { outputs, stages } = await runJob({ store, workload, rowsPerTask: 6, kernels });
    const honest = outputs.get('y') ?? float32([0], []);
    const lie = new Float32Array(honest.bytes.slice().buffer);
    expect(lie).toContain(-Infinity);
    const at = lie.findIndex((value) => value !== -Infinity);
    lie[at] = (lie[at] ?? 0) * 1.0001;
    const task = { rows: { start: 0, end: 6 }, read: store.read, session: null };
    const results = [honest, float32([6, 5], lie)].map((tensor, lease) => {
      return { lease, output: [store.put(tensor)] };
    });
    const { work } = stages[1] ?? {};
    if (!work) throw new Error('the logarithm is a stage of its own');
    const by = { random: randomStream(1, 'check'), ...CHECKING };
    const judged = await checkByRecompute({ ...task, ...by, work, results, share: 1 });
    expect(valueOf(judged).verdicts.map(({ verdict }) => verdict.kind)).toEqual([
      'accepted',
      'rejected',
    ]);
  });
});

describe('the stages of a graph', () => {
  it.each<[string, [OperatorName, string[], string, number?][], string[][]]>([
    [
      'a chain of row-local operators',
      [
        ['matmul', ['a', 'b'], 'c'],
        ['relu', ['c'], 'd'],
      ],
      [['c', 'd']],
    ],
    [
      'a second operand of matmul made inside',
      [
        ['relu', ['b'], 'c'],
        ['matmul', ['a', 'c'], 'd'],
      ],
      [['c'], ['d']],
    ],
    [
      'transpose of an input, and what follows',
      [
        ['transpose', ['a'], 'c'],
        ['relu', ['c'], 'd'],
      ],
      [['c', 'd']],
    ],
    [
      'an operator that magnifies rounding takes what was checked before',
      [
        ['relu', ['a'], 'c'],
        ['log', ['c'], 'e'],
        ['tanh', ['e'], 'd'],
      ],
      [['c'], ['e', 'd']],
    ],
    [
      'transpose of what was made',
      [
        ['exp', ['a'], 'c'],
        ['transpose', ['c'], 'd'],
      ],
      [['c'], ['d']],
    ],
    [
      'a sum over all rows, added to each row',
      [
        ['reduce-sum', ['a'], 's', 0],
        ['add', ['a', 's'], 'd'],
      ],
      [['s'], ['d']],
    ],
    [
      'a sum within rows',
      [
        ['exp', ['a'], 'c'],
        ['reduce-sum', ['c'], 'd', 1],
      ],
      [['c', 'd']],
    ],
    [
      'one tensor as both operands',
      [
        ['exp', ['a'], 'c'],
        ['matmul', ['c', 'c'], 'd'],
      ],
      [['c'], ['d']],
    ],
    [
      'a node that no output needs',
      [
        ['exp', ['a'], 'unused'],
        ['log', ['a'], 'd'],
      ],
      [['d']],
    ],
  ])('%s', (_, calls, expected) => {
    const store = new MemoryTensors();
    const nodes = calls.map(([operator, inputs, output, axis]): OperatorNode => {
      return axis === undefined ? { operator, inputs, output } : { operator, inputs, output, axis };
    });
    const square = float32(
      [4, 4],
      Array.from({ length: 16 }, (__, index) => index),
    );
    const inputs = new Map([
      ['a', square],
      ['b', square],
    ]);
    const workload = specOf({ nodes, inputs }, { store, outputs: ['d'] });
    const spec = {
      ...USUAL_TERMS,
      name: 'stages',
      workload,
      checking: { kind: 'adaptive' },
      rowsPerTask: 1,
    } as const;
    const stages = valueOf(planJob(spec, null)).stages.map(({ program }) =>
      program.kind === 'graph' ? program.nodes.map(({ output }) => output) : [],
    );
    expect(stages).toEqual(expected);
  });
});

describe('graphs that are refused', () => {
  const node = (operator: OperatorName, inputs: string[], output = 'y', axis?: number) =>
    axis === undefined ? { operator, inputs, output } : { operator, inputs, output, axis };
  it.each<[string, OperatorNode[], string[], string, RegExp]>([
    ['no nodes', [], ['y'], 'input_invalid', /no nodes/],
    ['no outputs', [node('relu', ['a'])], [], 'input_invalid', /no outputs/],
    ['an unknown operand', [node('relu', ['q'])], ['y'], 'input_invalid', /node 1.*"q"/],
    [
      'a later operand',
      [node('relu', ['z']), node('exp', ['a'], 'z')],
      ['y'],
      'input_invalid',
      /"z"/,
    ],
    [
      'an output of no node',
      [node('relu', ['a'])],
      ['a'],
      'input_invalid',
      /"a" is made by no node/,
    ],
    ['an output twice', [node('relu', ['a'])], ['y', 'y'], 'input_invalid', /twice/],
    ['a name twice', [node('relu', ['a']), node('exp', ['a'])], ['y'], 'input_invalid', /node 2/],
    ['a name of an input', [node('relu', ['a'], 'b')], ['b'], 'input_invalid', /earlier tensor/],
    ['sizes that differ', [node('matmul', ['a', 'a'])], ['y'], 'shape_mismatch', /matmul.*\[2,3\]/],
    ['types that differ', [node('matmul', ['a', 'i'])], ['y'], 'shape_mismatch', /int8/],
    ['no axis', [node('reduce-sum', ['a'])], ['y'], 'shape_mismatch', /axis/],
    ['an axis too far', [node('reduce-sum', ['a'], 'y', 2)], ['y'], 'shape_mismatch', /axis/],
    ['a scalar', [node('relu', ['s'])], ['y'], 'input_invalid', /scalar/],
    ['no rows', [node('relu', ['e'])], ['y'], 'input_invalid', /empty.*at least one row/],
  ])('%s', (_, nodes, outputs, code, text) => {
    const store = new MemoryTensors();
    const inputs = new Map<string, Tensor>([
      ['a', float32([2, 3], [1, 2, 3, 4, 5, 6])],
      ['b', float32([3, 2], [1, 2, 3, 4, 5, 6])],
      ['i', { dtype: 'int8', shape: [3, 2], bytes: new Uint8Array(6) }],
      ['s', float32([], [1])],
      ['e', float32([0, 3], [])],
    ]);
    const workload = specOf({ nodes, inputs }, { store, outputs });
    const spec = {
      ...USUAL_TERMS,
      name: 'bad',
      workload,
      checking: { kind: 'adaptive' },
      rowsPerTask: null,
    } as const;
    expect(planJob(spec, null)).toMatchObject({
      failure: { code, message: expect.stringMatching(text) },
    });
  });

  it('a row of output that no task may put out', () => {
    const columns = 20 * 1024 * 1024;
    const inline = { kind: 'inline', bytes: new Uint8Array() } as const;
    const tensor = { dtype: 'float32', shape: [2, columns], source: inline } as const;
    const nodes = [node('relu', ['a'])];
    const workload = { kind: 'operators', inputs: [{ name: 'a', tensor }], nodes, outputs: ['y'] };
    const spec = {
      ...USUAL_TERMS,
      name: 'wide',
      workload,
      checking: { kind: 'adaptive' },
      rowsPerTask: null,
    };
    // Literal types are lost in a value that is built up; it is an OperatorsSpec as written.
    expect(planJob(spec as Parameters<typeof planJob>[0], null)).toMatchObject({
      failure: { code: 'limit_exceeded' },
    });
  });
});

it('qmatmul in tiles is equal bit for bit', async () => {
  const random = randomStream(5, 'qmatmul');
  const left = Uint8Array.from({ length: 40 * 30 }, () => random.nextBelow(128));
  const right = Uint8Array.from({ length: 30 * 20 }, () => random.nextBelow(256));
  const inputs = new Map<string, Tensor>([
    ['a', { dtype: 'uint8', shape: [40, 30], bytes: left }],
    ['b', { dtype: 'int8', shape: [30, 20], bytes: right }],
  ]);
  const graph: Graph = {
    nodes: [{ operator: 'qmatmul', inputs: ['a', 'b'], output: 'c' }],
    inputs,
  };
  const store = new MemoryTensors();
  const kernels = valueOf(await openWasmKernels());
  const workload = specOf(graph, { store, outputs: ['c'] });
  const job = await runJob({ store, workload, rowsPerTask: 7, kernels });
  const whole = await directly(graph, async (call) => valueOf(runReference(call)));
  expect(job.outputs.get('c')).toEqual(whole.get('c'));
});

it('a product in WASM lies within the tolerance of its reference', async () => {
  const inputs = new Map([
    ['a', float32([20, 64], values(20 * 64, 1))],
    ['b', float32([64, 16], values(64 * 16, 2))],
  ]);
  const nodes: OperatorNode[] = [{ operator: 'matmul', inputs: ['a', 'b'], output: 'c' }];
  const store = new MemoryTensors();
  const kernels = valueOf(await openWasmKernels());
  const workload = specOf({ nodes, inputs }, { store, outputs: ['c'] });
  const { outputs } = await runJob({ store, workload, rowsPerTask: 3, kernels });
  const call = { operator: 'matmul', inputs: [...inputs.values()] } as const;
  const compared = compareTensors({
    expected: valueOf(runReference(call)),
    actual: outputs.get('c') ?? float32([0], []),
    tolerance: toleranceOf(call),
  });
  expect(compared.kind).toBe('equal');
});

function bigGraph(): Graph {
  return {
    nodes: [
      { operator: 'matmul', inputs: ['x', 'w'], output: 'product' },
      { operator: 'add', inputs: ['product', 'bias'], output: 'moved' },
      { operator: 'relu', inputs: ['moved'], output: 'positive' },
      { operator: 'reduce-sum', inputs: ['positive'], output: 'sums', axis: 1 },
    ],
    inputs: new Map([
      ['x', float32([1024, 1024], values(1024 * 1024, 1))],
      ['w', float32([1024, 1024], values(1024 * 1024, 2))],
      ['bias', float32([1024], values(1024, 3))],
    ]),
  };
}

function transposed() {
  const store = new MemoryTensors();
  const inputs = new Map([['a', float32([6, 5], values(30, 4))]]);
  const nodes: OperatorNode[] = [
    { operator: 'transpose', inputs: ['a'], output: 't' },
    { operator: 'relu', inputs: ['t'], output: 'y' },
  ];
  const workload = specOf({ nodes, inputs }, { store, outputs: ['t', 'y'] });
  return { store, workload };
}

function values(count: number, seed: number): number[] {
  const random = randomStream(seed, 'values');
  return Array.from({ length: count }, () => random.nextUnit() * 2 - 1);
}

function specOf(
  { nodes, inputs }: Graph,
  { store, outputs }: { store: MemoryTensors; outputs: readonly string[] },
): OperatorsSpec {
  const named = [...inputs].map(([name, tensor]) => ({ name, tensor: store.put(tensor) }));
  return { kind: 'operators', inputs: named, nodes, outputs };
}

/** Runs the nodes one after another on whole tensors. */
async function directly(
  graph: Graph,
  run: (call: Parameters<typeof runReference>[0]) => Promise<Tensor>,
): Promise<ReadonlyMap<string, Tensor>> {
  const tensors = new Map(graph.inputs);
  for (const { operator, inputs, output, axis } of graph.nodes) {
    const operands = inputs.map((name) => tensors.get(name) ?? float32([0], []));
    const call = { operator, inputs: operands };
    tensors.set(output, await run(axis === undefined ? call : { ...call, axis }));
  }
  return tensors;
}

function numbersOf(tensor: Tensor | undefined) {
  const bytes = tensor?.bytes.slice() ?? new Uint8Array();
  return { shape: tensor?.shape, values: new Float32Array(bytes.buffer) };
}

/** Graphs of float operators over small tensors; operands that do not fit become new inputs. */
function randomGraph(): fc.Arbitrary<Graph> {
  const float = OPERATORS.filter(
    (operator) => !['qmatmul', 'argmax', 'top-k', 'qlinear'].includes(operator),
  );
  const step = fc.record({
    operator: fc.constantFrom(...float),
    left: fc.nat(),
    right: fc.nat(),
    axis: fc.nat(2),
    size: fc.constantFrom(1, 2, 3, 5),
    fresh: fc.boolean(),
  });
  return fc.array(step, { minLength: 1, maxLength: 12 }).map((steps) => {
    const inputs = new Map([['in0', float32([5, 3], values(15, 0))]]);
    const shapes = new Map<string, Shape>([['in0', [5, 3]]]);
    const nodes: OperatorNode[] = [];
    const newInput = (shape: Shape): string => {
      const name = `in${inputs.size}`;
      const count = shape.reduce((product, size) => product * size, 1);
      inputs.set(name, float32(shape, values(count, inputs.size)));
      shapes.set(name, shape);
      return name;
    };
    for (const { operator, left, right, axis, size, fresh } of steps) {
      const names = [...shapes.keys()];
      const first = names[left % names.length] ?? 'in0';
      const [rows = 1, columns = 1] = shapes.get(first) ?? [];
      const fits = (second: readonly string[]) => {
        const operands = [first, ...second];
        const types = operands.map((name) => ({
          dtype: 'float32' as const,
          shape: shapes.get(name) ?? [],
        }));
        const call = { operator, inputs: types };
        const withAxis = operator.startsWith('reduce') ? { ...call, axis: axis % 2 } : call;
        const output = operatorOutput(withAxis);
        return output.ok && output.value.shape.length > 0
          ? { inputs: operands, shape: output.value.shape }
          : null;
      };
      const made = names.slice(right % names.length).concat(names);
      const shapesToTry = [[columns, size], [columns], [1, columns], [rows, columns], []];
      const found =
        fits([]) ??
        (fresh ? null : made.map((name) => fits([name])).find((fit) => fit !== null)) ??
        shapesToTry.map((shape) => fits([newInput(shape)])).find((fit) => fit !== null);
      if (!found) continue;
      const output = `n${nodes.length}`;
      const base = { operator, inputs: found.inputs, output };
      nodes.push(operator.startsWith('reduce') ? { ...base, axis: axis % 2 } : base);
      shapes.set(output, found.shape);
    }
    return { nodes, inputs };
  });
}
