import type { Command } from 'commander';
import { LIE_NAMES, parseLieName } from '../agent/lies/lie.ts';
import { LIES } from '../agent/lies/lies.ts';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { runCanaryLife, type CanaryPlan } from './canary-life.ts';
import {
  namedOperator,
  repeatable,
  withOperatorOptions,
  type OperatorOptions,
  type Surroundings,
} from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { lieEndWords } from './lie-course.ts';
import { parseLieRate, withLieRate, type LieOptions, type LiePlan } from './lie-options.ts';
import { grouped } from './progress.ts';

/** Kinds that a canary tells unless told which: a control is not to be caught. */
const USUAL_KINDS = LIE_NAMES.filter((name) => LIES[name].isWrong);
const SECONDS_MAX = 7 * 86_400;

type CanaryOptions = Omit<LieOptions, 'lie'> &
  OperatorOptions & {
    readonly lie: readonly string[];
    readonly life: string;
    readonly pause: string;
    readonly lives?: string;
  };

const HELP = `
A canary is an agent that lies by your order, so that you see how long your orchestrator takes to
find liars out. Nothing that it reports enters an output, also where its lie is accepted; the
Network page shows kinds, times to catch and misses. Each life has a new key and the next kind; it
ends when it is caught, or after --life. Kinds: "manyhands agent --help".`;

/** Adds `canary`. */
export function addCanary(program: Command, surroundings: Surroundings): void {
  const canary = program
    .command('canary')
    .description('lie to your own orchestrator, to be caught');
  withOperatorOptions(canary).addOption(
    repeatable('--lie <kind>', 'kind of lies (default: each that is wrong, in turn)').default(
      [],
      'all',
    ),
  );
  withLieRate(canary)
    .option('--life <seconds>', 'longest time that one waits to be caught', '600')
    .option('--pause <seconds>', 'pause between two lives', '60')
    .option('--lives <count>', 'end after so many (default: with Ctrl-C)')
    .addHelpText('after', HELP)
    .action(async (options: CanaryOptions) => {
      const outcome = await run(options, surroundings);
      surroundings.conclude(outcome, { isJson: options.json === true });
    });
}

async function run(options: CanaryOptions, surroundings: Surroundings): Promise<Outcome<ExitCode>> {
  const { terminal, signal } = surroundings;
  const plan = parsePlan(options);
  if (!plan.ok) return plan;
  const named = await namedOperator(options, surroundings);
  if (!named.ok) return named;
  const { origin, key: operatorKey } = named.value;
  if (operatorKey === null) return refuse("a canary needs its operator's key. Give --operator-key");
  const { lies, lives, pauseMs, lifeMs } = plan.value;
  const to = { origin, operatorKey, lifeMs, signal };
  for (let life = 0; life < lives && !signal.aborted; life++) {
    if (life > 0) await pause(pauseMs, signal);
    const lie = lies[life % lies.length];
    if (lie === undefined || signal.aborted) break;
    const { kind } = lie;
    terminal.note(`Canary ${grouped(life + 1)} tells ${kind} to ${origin}.`);
    const lived = await runCanaryLife({ ...to, lie });
    if (!lived.ok) return lived;
    const { course, told } = lived.value;
    const json = options.json === true ? JSON.stringify({ kind, told, ...course }) : null;
    terminal.result(json ?? `${kind}: ${lieEndWords(course, told)}`);
  }
  return succeed(EXIT.ok);
}

type Plan = Pick<CanaryPlan, 'lifeMs'> & {
  readonly lies: readonly LiePlan[];
  readonly pauseMs: number;
  readonly lives: number;
};

/** Errors: config_invalid. */
function parsePlan(options: CanaryOptions): Outcome<Plan> {
  const lies: LiePlan[] = [];
  for (const text of options.lie.length === 0 ? USUAL_KINDS : options.lie) {
    const kind = parseLieName(text);
    if (kind === null) return refuse(`--lie ${text} is none of: ${LIE_NAMES.join(', ')}`);
    const lie = parseLieRate(kind, options);
    if (!lie.ok) return lie;
    lies.push(lie.value);
  }
  const lifeS = wholeNumber(options.life, { min: 1, max: SECONDS_MAX });
  if (lifeS === null) return refuse(`--life ${options.life} is not 1 to ${SECONDS_MAX} seconds`);
  const pauseS = wholeNumber(options.pause, { min: 0, max: SECONDS_MAX });
  if (pauseS === null) return refuse(`--pause ${options.pause} is not 0 to ${SECONDS_MAX} seconds`);
  const { lives: livesText } = options;
  const lives =
    livesText === undefined ? Infinity : wholeNumber(livesText, { min: 1, max: 1_000_000 });
  if (lives === null) return refuse(`--lives ${livesText} is not a whole number from 1`);
  return succeed({
    lies,
    lifeMs: lifeS * 1000,
    pauseMs: pauseS * 1000,
    lives,
  });
}

function wholeNumber(
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | null {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  return value >= min && value <= max ? value : null;
}

function pause(forMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, forMs);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}

function refuse(text: string): Outcome<never> {
  return fail(failure('config_invalid', `${text}.`));
}
