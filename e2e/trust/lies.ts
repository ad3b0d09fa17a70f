import { certain } from '../network/client.ts';
import type { HandDrivenAgent, Told } from '../network/hand-driven-agent.ts';
import { writeBlob, type BlockSink } from '../../src/data/index.ts';
import { failure } from '../../src/domain/failure.ts';
import { succeed } from '../../src/domain/outcome.ts';
import { rowBytes, type Tensor } from '../../src/domain/tensor.ts';

/** What a liar knows when it lies of one task: it has computed two, and both rightly. */
export type Knowledge = {
  readonly agent: HandDrivenAgent;
  readonly truth: readonly Tensor[];
  /** The right outputs of the other task. */
  readonly other: readonly Tensor[];
  readonly isFirst: boolean;
};

export type Lie = {
  readonly name: string;
  /** Kinds of work of which it can be told. */
  readonly fits: (work: WorkShape) => boolean;
  readonly tell: (knowledge: Knowledge) => Promise<Told>;
};
export type WorkShape = { readonly floats: boolean; readonly outputCount: number };

const always = (): boolean => true;
const ofFloats = ({ floats }: WorkShape): boolean => floats;

/** Every way to lie that leaves the report well signed. */
export const LIES: readonly Lie[] = [
  changing('one element changed', (values) => {
    values[values.length - 1] = beside(values[values.length - 1] ?? 0);
  }),
  changing('every element scaled', (values) => {
    for (const [index, value] of values.entries()) values[index] = value * 2 + 1;
  }),
  changing('noise just above the tolerance', (values) => {
    let largest = 0;
    for (const value of values) largest = Math.max(largest, Math.abs(value));
    const step = values instanceof Float32Array ? largest * 4e-3 : 1;
    for (const [index, value] of values.entries()) {
      values[index] = value + (index % 2 === 0 ? step : -step);
    }
  }),
  changing('NaN', (values) => void (values[1] = NaN), ofFloats),
  changing('infinities', (values) => void values.fill(Infinity), ofFloats),
  changing('all NaN', (values) => void values.fill(NaN), ofFloats),
  mapping('zeros in the last row', (tensor) => {
    const bytes = tensor.bytes.slice();
    bytes.fill(0, bytes.byteLength - rowBytes(tensor));
    return { ...tensor, bytes };
  }),
  { name: "another task's rows", fits: always, tell: ({ agent, other }) => agent.store(other) },
  {
    name: 'its former result again',
    fits: always,
    tell: ({ agent, truth, other, isFirst }) => agent.store(isFirst ? truth : other),
  },
  mapping('a shape of the same size', (tensor) => {
    return { ...tensor, shape: [tensor.shape[1] ?? 1, tensor.shape[0] ?? 1] };
  }),
  mapping('a row too few', (tensor) => {
    const [rows = 0, ...rest] = tensor.shape;
    const bytes = tensor.bytes.slice(0, tensor.bytes.byteLength - rowBytes(tensor));
    return { ...tensor, shape: [rows - 1, ...rest], bytes };
  }),
  mapping('another type of the same size', (tensor) => {
    return { ...tensor, dtype: tensor.dtype === 'float32' ? 'int32' : 'float32' };
  }),
  mapping('bytes that are too few for the shape', (tensor) => {
    return { ...tensor, bytes: tensor.bytes.slice(0, -4) };
  }),
  mapping('bytes that are too many for the shape', (tensor) => {
    return { ...tensor, bytes: new Uint8Array([...tensor.bytes, 0, 0, 0, 0]) };
  }),
  {
    name: 'an output left out',
    fits: ({ outputCount }) => outputCount > 1,
    tell: ({ agent, truth }) => agent.store(truth.slice(0, 1)),
  },
  {
    name: 'an output too many',
    fits: always,
    tell: ({ agent, truth }) => agent.store([...truth, ...truth.slice(0, 1)]),
  },
  {
    name: 'a blob that it never stored',
    fits: always,
    tell: ({ agent, truth }) => tellAsBlobs(truth, { ...agent.sink, put: async () => done }),
  },
  {
    name: 'a blob whose numbers are wrong',
    fits: always,
    tell: ({ agent, truth }) => tellAsBlobs(truth.map(wrong), agent.sink),
  },
  {
    name: 'a blob that was stored with other bytes',
    fits: always,
    tell: async ({ agent, truth }) => {
      const put: BlockSink['put'] = async (id, bytes) => {
        await agent.sink.put(id, wrongBytes(bytes));
        return done;
      };
      return tellAsBlobs(truth, { ...agent.sink, put });
    },
  },
  {
    name: 'a blob that is shorter than the tensor',
    fits: always,
    tell: async ({ agent, truth }) => {
      const { blob } = certain(await writeBlob(agent.sink, once(new Uint8Array([1, 2, 3]))));
      const source = { kind: 'blob', blob, byteOffset: 0 } as const;
      return {
        kind: 'output',
        output: truth.map(({ dtype, shape }) => ({ dtype, shape, source })),
      };
    },
  },
];

/** Not a lie about numbers: nothing is claimed, so nothing is held against the agent. */
export async function tellFailure(): Promise<Told> {
  const broken = failure('execution_failed', 'this device computes nothing. Try another one.');
  return { kind: 'failed', failure: broken };
}

const done = succeed(undefined);

type Values = Float32Array | Int32Array;

/** Changes the values of every output. */
function changing(name: string, change: (values: Values) => void, fits: Lie['fits'] = always): Lie {
  return mapping(name, (tensor) => changed(tensor, change), fits);
}

function mapping(name: string, map: (tensor: Tensor) => Tensor, fits: Lie['fits'] = always): Lie {
  return { name, fits, tell: ({ agent, truth }) => agent.store(truth.map(map)) };
}

function changed(tensor: Tensor, change: (values: Values) => void): Tensor {
  const bytes = tensor.bytes.slice();
  change(
    tensor.dtype === 'float32' ? new Float32Array(bytes.buffer) : new Int32Array(bytes.buffer),
  );
  return { ...tensor, bytes };
}

function wrong(tensor: Tensor): Tensor {
  return changed(tensor, (values) => {
    values[0] = beside(values[0] ?? 0);
  });
}

/** A plausible neighbour, well outside any tolerance. */
function beside(value: number): number {
  return Math.fround(value) === Math.trunc(value) ? value + 1 : value * 1.5 + 1;
}

function wrongBytes(bytes: Uint8Array): Uint8Array {
  const others = bytes.slice();
  others[0] = (others[0] ?? 0) ^ 1;
  return others;
}

async function tellAsBlobs(outputs: readonly Tensor[], sink: BlockSink): Promise<Told> {
  const output = [];
  for (const { dtype, shape, bytes } of outputs) {
    const { blob } = certain(await writeBlob(sink, once(bytes)));
    output.push({ dtype, shape, source: { kind: 'blob', blob, byteOffset: 0 } as const });
  }
  return { kind: 'output', output };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
