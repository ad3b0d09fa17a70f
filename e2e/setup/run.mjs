// Runs a TypeScript file of this repository: `node e2e/setup/run.mjs FILE [ARGUMENT…]`.
//
// One process, so that signals reach the program and nothing else; and plain JavaScript, so that
// a Node without type stripping ends with a remedy instead of a stack.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { requireNode } from '../../src/cli/node-version.mjs';

requireNode();
const [node, , file, ...rest] = process.argv;
process.argv = [node, resolve(file), ...rest];
const { main } = await import(pathToFileURL(resolve(file)).href);
// A script without `main` has run by now.
if (main !== undefined) process.exitCode = await main(rest);
