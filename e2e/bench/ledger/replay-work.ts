import { randomStream } from '../../../src/domain/random.ts';
import { functionIdOf, type Engine, type Entry } from '../../../src/execution-machine/index.ts';
import { openProcessor } from '../../../src/execution-machine/index.ts';
import { openFloor } from './replay-floor.ts';

export const TRANSFERS = 100_000;
export const ACCOUNTS = 1_000;
/** How often a root goes into the log as a claim: sixteen tiles. */
const ENTRIES_PER_ROOT = 4_096;

/** Moves a number from one account to another; accounts begin with a million. */
export const TRANSFER_SOURCE = `export function handle(db, action, ctx) {
  const { to, amount } = action;
  if (!Number.isSafeInteger(amount) || amount <= 0) throw new Error('an amount is positive');
  const from = db.get(ctx.caller) ?? 1000000;
  if (from < amount) throw new Error('not enough');
  db.set(ctx.caller, from - amount);
  db.set(to, (db.get(to) ?? 1000000) + amount);
  return from - amount;
}
`;

/** A deployment and transfers between accounts under one seed: the same log everywhere. */
export function transferLog(engine: Engine): readonly Entry[] {
  const random = randomStream(6, 'transfers');
  const accounts = Array.from({ length: ACCOUNTS }, (_, at) =>
    `account-${at}-`.padEnd(43, 'abcdefghijklmnopqrstuvwxyz0123456789'),
  );
  const account = () => accounts[random.nextBelow(ACCOUNTS)] ?? '';
  const deployment = { engine: engine.id, source: TRANSFER_SOURCE, governance: null };
  const id = functionIdOf(deployment);
  const startMs = 1_700_000_000_000;
  const deploy = { index: 0, atMs: startMs, caller: account(), anchor: '0' };
  const transfers = Array.from({ length: TRANSFERS }, (_, at) => ({
    index: at + 1,
    atMs: startMs + at,
    caller: account(),
    anchor: String(at + 1),
    function: id,
    body: { to: account(), amount: 1 + random.nextBelow(100) },
  }));
  return [{ ...deploy, function: 'deploy', body: deployment }, ...transfers];
}

/** What a replay came to. */
export type Replay = { readonly perSecond: number; readonly root: string };

/** Folds the log from its beginning, with a root every so many entries; `beside` is not counted. */
export async function replay(
  engine: Engine,
  log: readonly Entry[],
  beside: (part: readonly Entry[]) => void = () => {},
): Promise<Replay> {
  const processor = openProcessor(engine);
  try {
    let root = new Uint8Array();
    let tookMs = 0;
    for (let from = 0; from < log.length; from += ENTRIES_PER_ROOT) {
      const part = log.slice(from, from + ENTRIES_PER_ROOT);
      const startedMs = performance.now();
      const outcomes = await processor.apply(part);
      root = new Uint8Array(processor.root());
      tookMs += performance.now() - startedMs;
      const other = outcomes.find(({ kind }) => kind !== 'done');
      if (other !== undefined) throw new Error(`a transfer was ${JSON.stringify(other)}`);
      beside(part);
    }
    return { perSecond: (log.length / tookMs) * 1_000, root: hexOf(root) };
  } finally {
    processor.dispose();
  }
}

/** A replay, and the floor beside it. */
export type ReplayRun = Replay & { readonly floorPerSecond: number };

/**
 * Replays beside the floor, part by part in turn, so that what else the machine does slows both.
 */
export async function replayRuns(
  engine: Engine,
  { log, count }: { readonly log: readonly Entry[]; readonly count: number },
): Promise<readonly ReplayRun[]> {
  const runs: ReplayRun[] = [];
  for (let run = 0; run < count; run++) {
    const floor = await openFloor(engine, TRANSFER_SOURCE);
    let floorMs = 0;
    const beside = (part: readonly Entry[]): void => {
      const startedMs = performance.now();
      floor.apply(part);
      floorMs += performance.now() - startedMs;
    };
    const replayed = await replay(engine, log, beside);
    if (floor.rowCount() !== ACCOUNTS) throw new Error('the floor runs the same transfers');
    floor.dispose();
    runs.push({ ...replayed, floorPerSecond: (log.length / floorMs) * 1_000 });
  }
  return runs;
}

/** Bytes as people compare them. */
export function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
