import { join } from 'node:path';
import { succeed, type Outcome } from '../domain/outcome.ts';
import { openSqliteConveyorStore, queueFileOf } from '../execution-machine/node.ts';
import { parseVerifierKey } from '../ledger/index.ts';
import type { RestoreOptions } from './archive-command.ts';
import { archiveAt, logOption, restoreInto } from './archive-source.ts';
import type { Surroundings } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { grouped } from './progress.ts';

/** Runs `manyhands archive restore`. */
export async function restoreArchive(
  options: RestoreOptions,
  surroundings: Surroundings,
): Promise<Outcome<ExitCode>> {
  const log = logOption(options.log, parseVerifierKey);
  if (!log.ok) return log;
  const target = archiveAt(options.from, surroundings.environment);
  const folder = join(options.data, 'record');
  const restored = await restoreInto(folder, { target, log: log.value, surroundings });
  if (!restored.ok) return restored;
  const { size, pieceCount, refusedCount, missing, knownSize } = restored.value;
  // So that what is there already is not brought there again.
  const queue = await openSqliteConveyorStore(join(options.data, queueFileOf(target)));
  if (!queue.ok) return queue;
  const noted = await queue.value.confirmed({ first: 0, end: size }, Date.now());
  await queue.value.close();
  if (!noted.ok) return noted;
  const { terminal } = surroundings;
  const exit = missing.length === 0 ? EXIT.ok : EXIT.evidenceDiffers;
  if (options.json === true) {
    const counts = { size, pieces: pieceCount, refused: refusedCount };
    terminal.result(JSON.stringify({ ...counts, missing, knownSize, folder }));
    return succeed(exit);
  }
  terminal.note(`Restored ${grouped(size)} entries from ${pieceCount} pieces into ${folder}.`);
  if (refusedCount > 0)
    terminal.note(`${refusedCount} pieces were not the log's, and passed over.`);
  terminal.note('If anybody saw more entries than that, begin a new log: see --help.');
  return succeed(exit);
}
