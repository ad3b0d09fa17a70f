import { parseArgs } from 'node:util';
import { environmentLines } from './environment.ts';
import type { Line, Suite } from './figure.ts';
import { firstLight } from './first-light.ts';
import { kernels } from './kernels/kernels.ts';
import { ledger } from './ledger/ledger.ts';
import { leaveNothingBehind } from './leftovers.ts';
import { scheduler } from './scheduler/scheduler.ts';
import { trustSuite } from './trust/trust.ts';

const SUITES: readonly Suite[] = [firstLight, scheduler, trustSuite(), kernels, ledger];

const HELP = `npm run bench -- [suite…] [--json]

Measures, and prints each figure beside a peer or a limit of the same run.
Suites: ${SUITES.map((suite) => suite.name).join(', ')} (default: all)
  --json        one JSON object a line, nothing else
  --write-docs  put what was measured into the docs, of suites that have tables there
  -h, --help    this text`;

/** `npm run bench`: every suite, or those named. */
export async function main(args: readonly string[]): Promise<number> {
  const given = parse(args);
  if (given === null) return 2;
  if (given.help) {
    console.log(HELP);
    return 0;
  }
  leaveNothingBehind();
  if (!given.json) console.log(`${(await environmentLines()).join('\n')}\n`);
  const print = (line: Line): void =>
    console.log(given.json ? JSON.stringify(line) : rowsOf(line).join('\n'));
  let exitCode = 0;
  for (const measure of given.suites.flatMap((suite) => suite.measurements)) {
    try {
      (await measure()).forEach(print);
    } catch (cause) {
      // One measurement that breaks does not cost the others.
      console.error(cause);
      exitCode = 1;
    }
  }
  if (given.writeDocs && exitCode === 0) {
    for (const { writeDocs } of given.suites) {
      if (writeDocs !== undefined) console.error(`Wrote ${await writeDocs()}`);
    }
  }
  return exitCode;
}

type Given = {
  readonly suites: readonly Suite[];
  readonly json: boolean;
  readonly help: boolean;
  readonly writeDocs: boolean;
};

function parse(args: readonly string[]): Given | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        'write-docs': { type: 'boolean', default: false },
      },
    });
    const unknown = positionals.filter((name) => !SUITES.some((suite) => suite.name === name));
    if (unknown.length > 0) throw new Error(`No such suite: ${unknown.join(', ')}`);
    const isWanted = ({ name }: Suite): boolean => positionals.includes(name);
    const suites = positionals.length === 0 ? SUITES : SUITES.filter(isWanted);
    const { json, help, 'write-docs': writeDocs } = values;
    return { suites, json, help, writeDocs };
  } catch (cause) {
    console.error(`${cause instanceof Error ? cause.message : String(cause)}\n\n${HELP}`);
    return null;
  }
}

function rowsOf(line: Line): string[] {
  const name = line.name.padEnd(26);
  if ('skipped' in line) return [`${name} skipped: ${line.skipped}`];
  const { value, unit, spread, runs, goal } = line;
  const aim = goal === undefined ? '' : `   goal ${goal}`;
  const indent = ' '.repeat(26);
  return [
    `${name} ${value} ${unit}  (${spread[0]} to ${spread[1]}, ${runs} runs)${aim}`,
    `${indent} ours ${line.ours} | ${line.peer}: ${line.peerValue}`,
    `${indent} ${line.work}`,
  ];
}
