#!/usr/bin/env node
// What `manyhands` names: runs the sources in a checkout and the built JavaScript in the package,
// where Node refuses to strip types.
import { existsSync } from 'node:fs';
import { requireNode } from './node-version.mjs';

requireNode();
const source = new URL('./main.ts', import.meta.url);
const built = new URL('../../dist/js/src/cli/main.js', import.meta.url);
const { main } = await import((existsSync(source) ? source : built).href);
process.exitCode = await main(process.argv.slice(2));
