import { succeed, type Outcome } from '../domain/outcome.ts';
import {
  LogTree,
  stateOfPromise,
  type EntryPromise,
  type TileReader,
  type TrustedCheckpoint,
} from '../ledger/index.ts';
import type { PromisesFolder } from './promises-folder.ts';

/** What became of the promises of a log that this user holds. */
export type WatchedPromises = {
  readonly keptCount: number;
  readonly waitingCount: number;
  readonly broken: readonly {
    readonly promise: EntryPromise;
    /** Where the proof is; null where this machine's clock alone says that it is overdue. */
    readonly proof: string | null;
  }[];
};

/**
 * Holds the promises of a log against a checkpoint of it: those that were kept are let go, of those
 * that were broken the proof is kept. Errors: those of the folder and of `LogTree`.
 */
export async function watchPromises(
  folder: PromisesFolder,
  of: {
    readonly trusted: TrustedCheckpoint;
    readonly tiles: TileReader;
    /** Whether the log's own server shows it: a copy may be behind. */
    readonly isServed: boolean;
    /** Unix time in ms. */
    readonly nowMs: number;
  },
): Promise<Outcome<WatchedPromises>> {
  const { trusted, tiles, isServed, nowMs } = of;
  const { log, checkpoint } = trusted;
  const promises = await folder.load(log);
  if (!promises.ok) return promises;
  if (promises.value.length === 0) return succeed({ keptCount: 0, waitingCount: 0, broken: [] });
  const tree = await LogTree.open(tiles, checkpoint);
  if (!tree.ok) return tree;
  let [keptCount, waitingCount] = [0, 0];
  const broken: WatchedPromises['broken'][number][] = [];
  for (const one of promises.value) {
    const state = await stateOfPromise(one, { trusted, tree: tree.value, nowMs });
    if (!state.ok) return state;
    const { kind } = state.value;
    if (kind === 'kept') {
      const gone = await folder.redeem(log, one.name);
      if (!gone.ok) return gone;
      keptCount += 1;
    } else if (kind === 'broken') {
      const kept = await folder.keepProof(log, one.name, state.value.proof);
      if (!kept.ok) return kept;
      broken.push({ promise: one.promise, proof: kept.value });
    } else if (kind === 'overdue' && isServed) {
      broken.push({ promise: one.promise, proof: null });
    } else {
      waitingCount += 1;
    }
  }
  return succeed({ keptCount, waitingCount, broken });
}
