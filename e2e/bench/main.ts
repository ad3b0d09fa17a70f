import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { firstLight } from './first-light.ts';
import type { Line, Suite } from './figure.ts';

const SUITES: readonly Suite[] = [firstLight];

const HELP = `npm run bench -- [suite…] [--json]

Measures, and prints each figure beside a peer or a limit of the same run.
Suites: ${SUITES.map((suite) => suite.name).join(', ')} (default: all)
  --json   one JSON object a line, nothing else`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } },
});
if (options.help === true) {
  console.log(HELP);
} else {
  await main();
}

async function main(): Promise<void> {
  const unknown = positionals.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    console.error(`no such suite: ${unknown.join(', ')}\n\n${HELP}`);
    process.exitCode = 2;
    return;
  }
  if (!options.json)
    console.log(`${cpus()[0]?.model ?? 'cpu'} x ${cpus().length}, Node ${process.version}\n`);
  for (const suite of SUITES) {
    if (positionals.length > 0 && !positionals.includes(suite.name)) continue;
    await suite.run((line) => console.log(options.json ? JSON.stringify(line) : rowOf(line)));
  }
}

function rowOf(line: Line): string {
  const name = line.name.padEnd(28);
  if ('skipped' in line) return `${name} skipped: ${line.skipped}`;
  const goal = line.goal === undefined ? '' : `   goal ${line.goal}`;
  return [
    `${name} ${line.value} ${line.unit}  (${line.spread[0]} to ${line.spread[1]}, ${line.runs} runs)${goal}`,
    `${' '.repeat(28)} ours ${line.ours}, ${line.peer} ${line.peerValue}; ${line.work}`,
  ].join('\n');
}
