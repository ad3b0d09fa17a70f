// A process that archives a log of a folder, until all is confirmed or it is killed.
//
//   node archiving-process.contract.ts <folder> <step to die at, or 0> [first entry of a refused piece]
//
// A step is a call of the archive or of the queue; it dies as `kill -9` does, before a step or
// behind it: odd steps are before a call, even ones behind.
import fs from 'node:fs';
import { join } from 'node:path';
import { knownSigner, must, policyOf } from '../../ledger/example-log.contract.ts';
import { noteKeyOf, parseCheckpoint, signCheckpoint, trustCheckpoint } from '../../ledger/index.ts';
import { folderTiles } from '../verify/folder-tiles.ts';
import { Conveyor } from './conveyor.ts';
import { failure } from '../../domain/failure.ts';
import { fail } from '../../domain/outcome.ts';
import { folderTarget } from './folder-target.ts';
import { openSqliteConveyorStore } from './sqlite-conveyor-store.ts';

const [folder = '', dieAt = '0', refusedFirst = ''] = process.argv.slice(2);

let steps = 0;
function step(): void {
  steps += 1;
  if (steps === Number(dieAt)) process.kill(process.pid, 'SIGKILL');
}

/** The same object, whose methods count as steps before and behind. */
function counted<T extends object>(real: T): T {
  return new Proxy(real, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        step();
        const result: unknown = await value.apply(target, args);
        step();
        return result;
      };
    },
  });
}

const log = { name: 'log.example', signer: await knownSigner(1) };
const files = folderTiles(join(folder, 'record', 'log'));
const note = must(await files.read('checkpoint', 16_384));
const { size } = must(await trustCheckpoint(policyOf(log), note)).checkpoint;
const archive = folderTarget(join(folder, 'archive'));
const posted: string[] = [];
const store = must(await openSqliteConveyorStore(join(folder, 'queue.sqlite')));
const conveyor = must(
  await Conveyor.open({
    log: { verifierKey: noteKeyOf(log), files, sign: (head) => signCheckpoint(log, head) },
    target: counted({
      ...archive,
      post: async (...given: Parameters<typeof archive.post>) => {
        if (String(given[0].first) === refusedFirst) {
          return fail(failure('input_invalid', 'refused'));
        }
        posted.push(given[0].id);
        fs.writeSync(1, `${JSON.stringify({ posted: given[0].id })}\n`);
        return archive.post(...given);
      },
    }),
    store: counted(store),
    signer: await knownSigner(9),
    clock: { nowMs: Date.now, wait: (_, signal) => untilNext(signal) },
  }),
);
const stop = new AbortController();

/** There is nothing more to do: either all is confirmed, or a failure is told. */
async function untilNext(signal: AbortSignal): Promise<void> {
  const { confirmedSize, failure: why } = conveyor.state();
  fs.writeSync(1, `${JSON.stringify({ confirmedSize, why, steps, signal: signal.aborted })}\n`);
  stop.abort();
}

conveyor.offer(must(parseCheckpoint(note)));
await conveyor.run(stop.signal);
await store.close();
if (conveyor.state().confirmedSize !== size) process.exitCode = 1;
