import type { FunctionsNetwork, Written } from '../execution-machine/sdk/index.ts';
import type { Surroundings } from './command.ts';
import { promisesFolder } from './promises-folder.ts';

/** Keeps what a log promised, for "manyhands verify" to hold it to; says so where it cannot. */
export async function keepPromise(
  network: FunctionsNetwork,
  { promise, promiseBytes }: Written,
  { terminal, environment }: Surroundings,
): Promise<void> {
  // Known already: the promise was verified with it.
  const about = await network.about();
  if (!about.ok) return;
  const of = { promise, bytes: promiseBytes };
  const kept = await promisesFolder(environment).keep(about.value.log, of);
  if (!kept.ok) terminal.note(`The promise is not kept: ${kept.failure.message}`);
}
