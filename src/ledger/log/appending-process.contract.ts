// A process that appends to a log in a folder and tells what was acknowledged, until it is killed.
//
//   node appending-process.contract.ts <folder> <first number> <count> <step to die at, or 0>
//
// It counts the steps that change the disk and, at the given one, kills itself as `kill -9` does.
import fs from 'node:fs';
import { entryOf, knownSigner, must } from '../example-log.contract.ts';
import { countDiskSteps } from './disk-steps.contract.ts';

const [folder = '', first = '0', count = '0', dieAt = '0'] = process.argv.slice(2);

let steps = 0;
function step(): void {
  steps += 1;
  if (steps === Number(dieAt)) process.kill(process.pid, 'SIGKILL');
}

// Only what changes the disk, and only once the log is open.
await countDiskSteps(step);

const { openFolderLogStore } = await import('./folder-log-store.ts');
const { LogWriter } = await import('./log-writer.ts');
const log = { name: 'log.example', signer: await knownSigner(1) };
const writer = must(await LogWriter.open(log, must(await openFolderLogStore(folder))));
const owner = await knownSigner(2);

const tell = (line: object): void => {
  // At once: what is told must have left this process before it dies.
  fs.writeSync(1, `${JSON.stringify(line)}\n`);
};
const numbers = Array.from({ length: Number(count) }, (_, at) => Number(first) + at).values();
const lane = async (): Promise<void> => {
  for (const number of numbers) {
    const { index } = must(await writer.append(await entryOf(owner, number)));
    tell({ number, index });
    if (number % 37 === 0) tell({ size: must(await writer.publish()).checkpoint.size });
  }
};
await Promise.all(Array.from({ length: 8 }, lane));
tell({ size: must(await writer.publish()).checkpoint.size });
await writer.close();
tell({ steps });
