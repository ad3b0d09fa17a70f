import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';
import { fuzzTargets } from './targets.ts';

const HELP = `npm run fuzz -- [target…] [--seconds N] [--seed N] [--json]

Feeds decoders with mutations of valid bytes, and stops at what breaks their promises: they never
throw, leave their input alone, and what they read is written as it was.
  --seconds N   for each target (default: 10)
  --seed N      the same seed gives the same inputs (default: a new one, which is printed)
  --json        one JSON object a line, nothing else
  -h, --help    this text, with the names of the targets`;

/** `npm run fuzz`: 0 where nothing was found, 1 where something was, 2 for a wrong command. */
export async function main(args: readonly string[]): Promise<number> {
  const targets = await fuzzTargets();
  const names = targets.map(({ name }) => name);
  const given = parse(args, names);
  if (given === null) return 2;
  if (given.help) {
    console.log(`${HELP}\n\nTargets: ${names.join(', ')}`);
    return 0;
  }
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  let exitCode = 0;
  for (const target of targets.filter(({ name }) => given.names.includes(name))) {
    if (interrupt.signal.aborted) break;
    const untilMs = performance.now() + given.seconds * 1_000;
    const goesOn = (): boolean => performance.now() < untilMs && !interrupt.signal.aborted;
    const { inputCount, answerCount, broken } = await fuzz(target, { seed: given.seed, goesOn });
    const file = broken === null ? null : save(target.name, broken.input);
    const found = { target: target.name, seed: given.seed, inputCount, answerCount, file };
    if (given.json) console.log(JSON.stringify({ ...found, why: broken?.why ?? null }));
    else
      console.log(
        `${target.name}: ${inputCount} inputs, ${answerCount} answers, seed ${given.seed}`,
      );
    if (broken === null) continue;
    if (!given.json) console.log(`  BROKEN by ${file}: ${broken.why}`);
    exitCode = 1;
  }
  return exitCode;
}

function save(name: string, input: Uint8Array): string {
  const digest = createHash('sha256').update(input).digest('hex').slice(0, 12);
  const file = `fuzz-${name}-${digest}.bin`;
  writeFileSync(file, input);
  return file;
}

type Given = {
  readonly names: readonly string[];
  readonly seconds: number;
  readonly seed: number;
  readonly json: boolean;
  readonly help: boolean;
};

function parse(args: readonly string[], names: readonly string[]): Given | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        seconds: { type: 'string', default: '10' },
        seed: { type: 'string', default: `${Math.floor(Math.random() * 2 ** 32)}` },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
    const unknown = positionals.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new Error(`there is no target "${unknown}"`);
    if (!(seconds > 0)) throw new Error('--seconds is a number above 0');
    if (!Number.isSafeInteger(seed)) throw new Error('--seed is a whole number');
    const chosen = positionals.length === 0 ? names : positionals;
    return { names: chosen, seconds, seed, json: values.json, help: values.help };
  } catch (cause) {
    console.error(`${cause instanceof Error ? cause.message : String(cause)}\n\n${HELP}`);
    return null;
  }
}
