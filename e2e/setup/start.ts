import { main as manyhands } from '../../src/cli/main.ts';
import { buildPageIfStale } from './page-build.ts';

/** `npm start`: the page first, so that a fresh clone has one to serve. */
export async function main(args: readonly string[]): Promise<number> {
  await buildPageIfStale();
  return manyhands(['start', ...args]);
}
