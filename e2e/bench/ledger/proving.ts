import { hash } from 'node:crypto';
import {
  encodeStateProof,
  MachineState,
  textOfData,
  verifyState,
} from '../../../src/execution-machine/index.ts';
import {
  Frontier,
  LogTree,
  provesConsistency,
  provesInclusion,
  tilePath,
} from '../../../src/ledger/index.ts';
import { tileUnknown } from '../../../src/ledger/log/memory-log-store.ts';
import { fail, succeed } from '../../../src/domain/outcome.ts';
import { certain } from '../../network/client.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { perSecond } from './bench-log.ts';

const RUNS = 5;
const LEAVES = 1_000_000;
const LEAF = 543_210;
const OLD_SIZE = 654_321;
const ROWS = 100_000;
const HASH_BYTES = 32;

/** What proofs of a large log and a large state take: their bytes, and the time to check one. */
export async function proving(): Promise<readonly Line[]> {
  const tree = await treeOfLeaves();
  const { size, root } = tree.head;
  const hashes = certain(await tree.inclusionProof(LEAF));
  const included = { leaf: leafOf(LEAF), index: LEAF, size, root, hashes };
  const grown = certain(await tree.consistencyProof(OLD_SIZE));
  const older = { size: OLD_SIZE, root: certain(await tree.rootAt(OLD_SIZE)) };
  const state = stateOfRows();
  const claim = { function: 'credits', key: keyOf(4_321), value: 4_321 };
  const proof = state.prove(claim);
  const stateRoot = state.root();
  const [ofLog, ofState] = [`one leaf of ${LEAVES}`, `one row of ${ROWS}`];
  return [
    ...(await proofLines({
      name: 'inclusion',
      work: ofLog,
      bytes: hashes.length * HASH_BYTES,
      idealHashes: Math.log2(LEAVES),
      hashCount: hashes.length,
      holds: () => provesInclusion(included),
    })),
    ...(await proofLines({
      name: 'consistency',
      work: `${OLD_SIZE} leaves that grew to ${LEAVES}`,
      bytes: grown.length * HASH_BYTES,
      idealHashes: Math.log2(LEAVES),
      hashCount: grown.length,
      holds: () => provesConsistency({ older, newer: tree.head, hashes: grown }),
    })),
    ...(await proofLines({
      name: 'state',
      work: ofState,
      bytes: encodeStateProof(proof).byteLength,
      idealHashes: Math.log2(ROWS),
      hashCount: proof.beside.length,
      holds: () => verifyState(stateRoot, claim, proof).ok,
    })),
  ];
}

type Proof = {
  readonly name: string;
  readonly work: string;
  readonly bytes: number;
  /** As many as a perfect tree has beside a way. */
  readonly idealHashes: number;
  readonly hashCount: number;
  readonly holds: () => boolean;
};

async function proofLines(of: Proof): Promise<readonly Line[]> {
  const { name, work, bytes, idealHashes, hashCount, holds } = of;
  const node = new Uint8Array(1 + 2 * HASH_BYTES);
  const runs: Run[] = [];
  for (let run = 0; run < RUNS; run++) {
    const peer = await usOf(() => {
      for (let count = 0; count < hashCount; count++) hash('sha256', node, 'buffer');
    });
    const ours = await usOf(() => {
      if (!holds()) throw new Error(`the ${name} proof holds`);
    });
    runs.push({ value: ours, ours, peer });
  }
  const shape = { suite: 'ledger', better: 'lower', work } as const;
  return [
    figureOf(
      {
        ...{ ...shape, name: `${name}-proof-bytes`, unit: 'bytes' },
        peer: 'log2 of them, 32 bytes each',
      },
      [{ value: bytes, ours: bytes, peer: idealHashes * HASH_BYTES }],
    ),
    figureOf(
      {
        ...{ ...shape, name: `${name}-check-us`, unit: 'us' },
        work: `${work}, one core; Node`,
        peer: 'sha-256 of 65 bytes in node:crypto, as often as the proof has hashes',
      },
      runs,
    ),
  ];
}

/** What one of these takes. Microseconds. */
async function usOf(work: () => void): Promise<number> {
  const rate = await perSecond(async () => {
    for (let count = 0; count < 200; count++) work();
    return 200;
  });
  return 1e6 / rate;
}

/** The tree of a log whose leaves are made of their numbers: what entries they have is no matter. */
async function treeOfLeaves(): Promise<LogTree> {
  const frontier = new Frontier();
  const files = new Map<string, Uint8Array>();
  for (let index = 0; index < LEAVES; index++) {
    for (const { id, hashes } of frontier.append(leafOf(index))) files.set(tilePath(id), hashes);
  }
  for (const { id, hashes } of frontier.partialTiles()) files.set(tilePath(id), hashes);
  const reader = {
    async read(path: string) {
      const bytes = files.get(path);
      return bytes === undefined ? fail(tileUnknown(path)) : succeed(bytes);
    },
  };
  return certain(await LogTree.open(reader, { size: LEAVES, root: frontier.root() }));
}

function leafOf(index: number): Uint8Array {
  const leaf = new Uint8Array(HASH_BYTES);
  new DataView(leaf.buffer).setFloat64(0, index);
  return leaf;
}

function stateOfRows(): MachineState {
  const state = new MachineState();
  state.addTable('credits');
  for (let row = 0; row < ROWS; row++) {
    state.write({ id: 'credits', key: keyOf(row), text: textOfData(row) });
  }
  return state;
}

/** A key like that of an agent. */
function keyOf(row: number): string {
  return `units/${String(row).padStart(43, 'a')}`;
}
