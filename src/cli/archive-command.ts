import type { Command } from 'commander';
import { succeed, type Outcome } from '../domain/outcome.ts';
import { knownOrchestrators, withOrchestrator, type Surroundings } from './command.ts';
import { openConnection, parseOrigin } from './connection.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { printable } from './printable.ts';
import { grouped } from './progress.ts';

type StatusOptions = { readonly orchestrator?: string; readonly json?: true };
export type RestoreOptions = {
  readonly from?: string;
  readonly log?: string;
  readonly data: string;
  readonly json?: true;
};

const RESTORE_HELP = `
Builds a lost orchestrator's log again in the record of a new data folder, and verifies every entry,
signature and root of it on the way. Put the saved record-key.pem into that folder as well, and start
with --data: the orchestrator goes on where the archive ends.

What was acknowledged later than that is lost. If somebody saw a checkpoint with more entries than
were restored, going on under the same key would show two histories: start with a new key and a new
--record-name instead, and leave the restored log to be read.

  npx manyhands archive restore --from ./archive --log 'log.example+1234abcd+AX…' --data ./restored
  npx manyhands archive restore --from https://arweave.net --log '…' --data ./restored`;

/** Adds `archive status` and `archive restore`. */
export function addArchive(program: Command, surroundings: Surroundings): void {
  const archive = program
    .command('archive')
    .description('see how far a record is archived, and restore one');
  withOrchestrator(archive.command('status').description('tell how far a record is archived'))
    .option('--json', 'write JSON to stdout')
    .action(async (options: StatusOptions) => {
      const outcome = await showStatus(options, surroundings);
      surroundings.conclude(outcome, { isJson: options.json === true });
    });
  archive
    .command('restore')
    .description('build a lost record again, from the archive alone')
    .option('--from <dir|url>', 'the archive: a folder, or a gateway of Arweave')
    .option('--log <key>', "the log's key: name+id+key, as its operator published it")
    .requiredOption('--data <dir>', 'data folder of the new orchestrator')
    .option('--json', 'write JSON to stdout')
    .addHelpText('after', RESTORE_HELP)
    .action(async (options: RestoreOptions) => {
      // Loaded only now: no other command needs all this.
      const { restoreArchive } = await import('./archive-restore.ts');
      const outcome = await restoreArchive(options, surroundings);
      surroundings.conclude(outcome, { isJson: options.json === true });
    });
}

async function showStatus(
  options: StatusOptions,
  { terminal, environment, signal }: Surroundings,
): Promise<Outcome<ExitCode>> {
  const origin = parseOrigin(options.orchestrator ?? knownOrchestrators(environment)[0]);
  if (!origin.ok) return origin;
  const { record, call } = openConnection({ origin: origin.value, key: null, signal });
  const told = await call((how) => record.getRecord({}, how));
  if (!told.ok) return told;
  const { verifierKey, archive } = told.value;
  const size = Number(told.value.size);
  if (options.json === true) {
    const state = archive && {
      target: archive.target,
      confirmed: Number(archive.confirmedSize),
      posted: Number(archive.postedSize),
      confirmedAt: timeOf(archive.confirmedAtMs),
      failure: archive.failure === '' ? null : archive.failure,
      retryAt: timeOf(archive.retryAtMs),
      dueAt: timeOf(archive.dueAtMs),
      refused: archive.refused.map(({ first, end }) => [Number(first), Number(end)]),
    };
    terminal.result(JSON.stringify({ log: verifierKey, size, archive: state ?? null }));
    return succeed(EXIT.ok);
  }
  terminal.result(`log        ${printable(verifierKey)}`);
  terminal.result(`entries    ${grouped(size)}`);
  if (archive === undefined) {
    terminal.note('This orchestrator archives nothing: what it loses is lost.');
    return succeed(EXIT.ok);
  }
  terminal.result(`archive    ${printable(archive.target)}`);
  terminal.result(`confirmed  ${grouped(Number(archive.confirmedSize))} entries`);
  terminal.result(`posted     ${grouped(Number(archive.postedSize))} entries`);
  const waiting = size - Number(archive.postedSize);
  const dueAt = timeOf(archive.dueAtMs);
  if (dueAt !== null && waiting > 0) {
    terminal.result(`waiting    ${grouped(waiting)} entries, for more of their tile or ${dueAt}`);
  }
  for (const { first, end } of archive.refused) {
    terminal.result(`refused    entries ${first} to ${end - 1n}`);
  }
  if (archive.failure !== '') {
    terminal.note(`The last try failed: ${printable(archive.failure)}`);
    terminal.note(`It is tried again at ${timeOf(archive.retryAtMs) ?? 'once'}.`);
  }
  return succeed(EXIT.ok);
}

function timeOf(atMs: bigint): string | null {
  return atMs === 0n ? null : new Date(Number(atMs)).toISOString();
}
