import type { Command } from 'commander';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { dataToJson, type Entry, type EntryOutcome } from '../execution-machine/index.ts';
import { encodeBase64url } from '../integrity/index.ts';
import { parseVerifierKey, type VerifierKey } from '../ledger/index.ts';
import type { Surroundings } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { rowText } from './fn-network-commands.ts';
import { openRecordSource, type RecordSource } from './record-source.ts';
import { verifyLine } from './verify-words.ts';

type Options = {
  readonly from?: string;
  readonly log?: string;
  readonly prefix: string;
  readonly entry?: string;
  readonly json?: true;
};

const HELP = `
Reads the whole log, checks each hash and signature, and runs every action again on this machine; then
prints the rows of the function as they came out here. Nothing that the orchestrator says of them is
believed. --entry N prints what one entry came to, however long ago.
It ends with 6 where a state root that the log claimed is another here.`;

/** Adds `fn evaluate`. */
export function addFnEvaluate(fn: Command, surroundings: Surroundings): void {
  fn.command('evaluate')
    .description('run the whole log again, here, and print what a function came to')
    .argument('<function>', 'its id')
    .option('--from <url|folder>', 'an orchestrator, a folder with its files or its data')
    .option('--log <key>', "the log's key: name+id+key, as its operator published it")
    .option('--prefix <text>', 'only rows whose keys begin so', '')
    .option('--entry <index>', 'also what this entry came to')
    .option('--json', 'write JSON to stdout, one object a line')
    .addHelpText('after', HELP)
    .action(async (id: string, options: Options) => {
      const outcome = await evaluate(id, options, surroundings);
      surroundings.conclude(outcome, { isJson: options.json === true });
    });
}

async function evaluate(
  id: string,
  options: Options,
  surroundings: Surroundings,
): Promise<Outcome<ExitCode>> {
  const { terminal, signal } = surroundings;
  const source = await openRecordSource(options.from, surroundings);
  if (!source.ok) return source;
  const log = logOf(source.value, options.log);
  if (!log.ok) return log;
  // Loaded only now: no other command needs the engine.
  const { evaluateRecord } = await import('../execution-machine/sdk/index.ts');
  const { openNodeEngine } = await import('../execution-machine/node.ts');
  const engine = await openNodeEngine();
  if (!engine.ok) return engine;
  const wanted = options.entry === undefined ? null : Number(options.entry);
  let found: EntryOutcome | null = null;
  const evaluated = await evaluateRecord({
    engine: engine.value,
    tiles: source.value.tiles,
    log: log.value,
    onOutcome: (entry: Entry, outcome) => {
      if (entry.index === wanted) found = outcome;
    },
    onProgress: (progress) => terminal.status(verifyLine(progress, terminal.width)),
    signal,
  });
  terminal.clearStatus();
  if (!evaluated.ok) return evaluated;
  const { verdict, list } = evaluated.value;
  const isJson = options.json === true;
  for (const [key, value] of list({ function: id, prefix: options.prefix, limit: Infinity })) {
    terminal.result(rowText(key, value, isJson));
  }
  if (wanted !== null) terminal.result(entryText(wanted, found, isJson));
  const { entryCount, folded, difference } = verdict;
  const root = folded === null ? null : encodeBase64url(folded.root);
  const counts = { entryCount, actionCount: folded?.actionCount ?? 0 };
  const agreedCount = folded?.agreedCount ?? 0;
  if (isJson)
    terminal.result(
      JSON.stringify({ ...counts, agreedCount, root, difference: difference?.kind ?? null }),
    );
  else {
    terminal.note(
      `Evaluated ${entryCount} entries: ${agreedCount} claimed roots are true, the last is ${root}.`,
    );
    if (difference !== null) {
      terminal.note(`Not as it should be (${difference.kind}): "manyhands verify" tells what.`);
    }
  }
  return succeed(difference === null ? EXIT.ok : EXIT.evidenceDiffers);
}

function logOf(source: RecordSource, given: string | undefined): Outcome<VerifierKey> {
  if (given !== undefined) return parseVerifierKey(given);
  if (source.toldKey !== null) return succeed(source.toldKey);
  const text = 'a folder does not say whose log it is';
  return fail(failure('config_invalid', `${text}. Name the log's key with --log.`));
}

function entryText(index: number, outcome: EntryOutcome | null, isJson: boolean): string {
  const told =
    outcome?.kind === 'done' ? { ...outcome, value: dataToJson(outcome.value) } : outcome;
  const said = told ?? { kind: 'other' };
  return isJson ? JSON.stringify({ index, ...said }) : `entry ${index}: ${JSON.stringify(said)}`;
}
