import { setTimeout as pause } from 'node:timers/promises';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { verifyRecord, type RecordCheck, type RecordVerdict } from '../execution-machine/index.ts';
import { openNodeEngine } from '../execution-machine/node.ts';
import { parseVerifierKey, type Policy, type VerifierKey } from '../ledger/index.ts';
import { archiveAt, logOption, withArchivedRecord } from './archive-source.ts';
import { checkBrokenPromise } from './broken-promise-file.ts';
import type { Surroundings } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { knownLog, type KnownLog } from './known-log.ts';
import { pinsFolder, type PinsFolder } from './pins-folder.ts';
import { readRow, rowNamed } from './proven-row.ts';
import { promisesFolder } from './promises-folder.ts';
import { openRecordSource, type RecordSource } from './record-source.ts';
import type { VerifyOptions } from './verify-command.ts';
import { watchPromises, type WatchedPromises } from './watched-promises.ts';
import { verdictJson, verdictLines, verifyLine, type OutcomeCounts } from './verify-words.ts';

// An orchestrator that was just started knows of no claim: so often, and so far apart, a row is
// read until there is one, or one of the newest state is found.
const ROW_TRIES_MAX = 10;
const ROW_AGAIN_MS = 1_000;

/** Runs `manyhands verify`. */
export async function verify(
  options: VerifyOptions,
  surroundings: Surroundings,
): Promise<Outcome<ExitCode>> {
  if (options.promise !== undefined) {
    return checkBrokenPromise(options.promise, options, surroundings);
  }
  const level = levelOf(options);
  if (!level.ok) return level;
  const of = { options, surroundings, level: level.value };
  if (options.from === 'archive') {
    const log = logOption(options.log, parseVerifierKey);
    if (!log.ok) return log;
    const target = archiveAt(options.archive, surroundings.environment);
    const archived = { target, log: log.value, surroundings };
    return withArchivedRecord(archived, (source) => verifySource(source, of));
  }
  const source = await openRecordSource(options.from, surroundings);
  return source.ok ? verifySource(source.value, of) : source;
}

/** Verifies a source, tells what came out, and pins what was seen. */
async function verifySource(
  source: RecordSource,
  of: {
    readonly options: VerifyOptions;
    readonly surroundings: Surroundings;
    readonly level: Level;
  },
): Promise<Outcome<ExitCode>> {
  const { options, surroundings, level } = of;
  const { environment } = surroundings;
  const pins = pinsFolder(environment);
  const known = await knownLog(source, { options, pins });
  if (!known.ok) return known;
  const { key, policy } = known.value;
  const counts = options.function === undefined || level.level !== 'full' ? null : newCounts();
  const check = async (): Promise<Outcome<RecordCheck>> =>
    level.level === 'balance'
      ? rowCheck(source, { options, policy })
      : checkOf(level, options.function ?? '', counts);
  const verdict = await verdictOn(source, { ...known.value, check, surroundings });
  if (!verdict.ok) return verdict;
  const isForked = verdict.value.difference?.kind === 'forked';
  const promises = isForked ? succeed(null) : await promisesOf(verdict.value, source, surroundings);
  if (!promises.ok) return promises;
  tell(verdict.value, { source, options, surroundings, counts, promises: promises.value });
  const kept = await keep(verdict.value, { pins, key, surroundings });
  if (!kept.ok) return kept;
  // An archive is behind by its nature; whoever serves the log itself must not be.
  const isBehind = verdict.value.view === 'behind' && options.from !== 'archive';
  const isBroken = (promises.value?.broken.length ?? 0) > 0;
  const isRight = verdict.value.difference === null && !isBehind && !isBroken;
  return succeed(isRight ? EXIT.ok : EXIT.evidenceDiffers);
}

/** What became of what the log promised this user. */
function promisesOf(
  { trusted }: RecordVerdict,
  { tiles, connection }: RecordSource,
  { environment }: Surroundings,
): Promise<Outcome<WatchedPromises>> {
  const isServed = connection !== null;
  const of = { trusted, tiles, isServed, nowMs: Date.now() };
  return watchPromises(promisesFolder(environment), of);
}

/** The verdict; of a row, once the orchestrator knows a claim of its root. */
async function verdictOn(
  source: RecordSource,
  of: KnownLog & {
    readonly check: () => Promise<Outcome<RecordCheck>>;
    readonly surroundings: Surroundings;
  },
): Promise<Outcome<RecordVerdict>> {
  const { terminal, signal } = of.surroundings;
  for (let tries = 1; ; tries++) {
    const check = await of.check();
    if (!check.ok) return check;
    const verdict = await verifyRecord({
      tiles: source.tiles,
      policy: of.policy,
      pinned: of.pinned,
      check: check.value,
      nowMs: () => performance.now(),
      onProgress: (progress) => terminal.status(verifyLine(progress, terminal.width)),
      signal,
    });
    terminal.clearStatus();
    const difference = verdict.ok ? verdict.value.difference : null;
    const isUnclaimed = check.value.level === 'balance' && check.value.row.claimedIn === null;
    if (!isUnclaimed || difference?.kind !== 'row' || tries === ROW_TRIES_MAX) return verdict;
    // Aborted: the next try says so.
    await pause(ROW_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function rowCheck(
  { connection, tiles }: RecordSource,
  of: { readonly options: VerifyOptions; readonly policy: Policy },
): Promise<Outcome<RecordCheck>> {
  const row = await rowNamed(of.options, { tiles, policy: of.policy });
  if (!row.ok) return row;
  if (connection === null) {
    const text = 'files hold no state, which is what a row is proven of';
    return fail(failure('config_invalid', `${text}. Name an orchestrator with --from.`));
  }
  const read = await readRow(connection, row.value);
  return read.ok ? succeed({ level: 'balance', row: read.value }) : read;
}

type Level =
  | { readonly level: 'consistency' }
  | { readonly level: 'balance' }
  | { readonly level: 'full' }
  | { readonly level: 'tile'; readonly tile: number };

/** The level that options ask for. Errors: config_invalid. */
function levelOf({ level, tile, key, row }: VerifyOptions): Outcome<Level> {
  const isRow = key !== undefined || row !== undefined;
  const named = level ?? (tile !== undefined ? 'tile' : isRow ? 'balance' : 'full');
  if ((named === 'tile') !== (tile !== undefined)) {
    const text = '--level tile and --tile N belong together';
    return fail(failure('config_invalid', `${text}: which tile?`));
  }
  if ((named === 'balance') !== isRow) {
    const text = '--level balance and --key or --row belong together';
    return fail(failure('config_invalid', `${text}: which row?`));
  }
  if (named === 'consistency' || named === 'balance' || named === 'full') {
    return succeed({ level: named });
  }
  if (named !== 'tile' || tile === undefined || !/^\d{1,12}$/.test(tile)) {
    const text = `--level ${named}${tile === undefined ? '' : ` --tile ${tile}`} is none`;
    const remedy = 'Choose consistency, balance, tile --tile N, or full';
    return fail(failure('config_invalid', `${text}. ${remedy}.`));
  }
  return succeed({ level: 'tile', tile: Number(tile) });
}

type Counts = { -readonly [Kind in keyof OutcomeCounts]: OutcomeCounts[Kind] };

function newCounts(): Counts {
  return { done: 0, thrown: 0, stopped: 0, refused: 0 };
}

async function checkOf(
  level: Exclude<Level, { readonly level: 'balance' }>,
  id: string,
  counts: Counts | null,
): Promise<Outcome<RecordCheck>> {
  if (level.level !== 'full') return succeed(level);
  const engine = await openNodeEngine();
  if (!engine.ok) return engine;
  const count: Extract<RecordCheck, { level: 'full' }>['onOutcome'] = (entry, { kind }) => {
    if (counts !== null && entry.function === id) counts[kind] += 1;
  };
  return succeed({ level: 'full', engine: engine.value, onOutcome: count });
}

function tell(
  verdict: RecordVerdict,
  of: {
    readonly source: RecordSource;
    readonly options: VerifyOptions;
    readonly surroundings: Surroundings;
    readonly counts: Counts | null;
    readonly promises: WatchedPromises | null;
  },
): void {
  const { terminal } = of.surroundings;
  const { counts, promises } = of;
  if (of.options.json === true) {
    const json = verdictJson(verdict, { source: of.source.name, outcomes: counts, promises });
    return terminal.result(JSON.stringify(json));
  }
  for (const line of verdictLines(verdict, promises)) terminal.result(line);
  if (counts === null) return;
  const { done, thrown, stopped, refused } = counts;
  terminal.result(
    `${of.options.function}: ${done} done, ${thrown} thrown, ${stopped} stopped, ${refused} refused.`,
  );
}

/** Pins what was seen, or keeps the proof that it forked. */
async function keep(
  { trusted, view, difference }: RecordVerdict,
  of: {
    readonly pins: PinsFolder;
    readonly key: VerifierKey;
    readonly surroundings: Surroundings;
  },
): Promise<Outcome<void>> {
  const { pins, key } = of;
  if (difference?.kind === 'forked') {
    const kept = await pins.keepProof(key, difference.proof);
    if (!kept.ok) return kept;
    of.surroundings.terminal.note(`The proof is in ${kept.value}: show it to others.`);
    return succeed(undefined);
  }
  const isNews = difference === null && (view === 'first' || view === 'grown');
  return isNews ? pins.save({ key, checkpoint: trusted.signed.bytes }) : succeed(undefined);
}
