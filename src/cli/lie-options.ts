import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { LIE_NAMES, parseLieName, type LieName } from '../agent/lies/lie.ts';
import { LIES } from '../agent/lies/lies.ts';
import { makeLiar, type Liar } from '../agent/lies/liar.ts';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { seedFrom } from '../domain/random.ts';

/** As commander gives them. */
export type LieOptions = {
  readonly lie?: string;
  readonly rate?: string;
  readonly lieAfter?: string;
  readonly lieSecret?: string;
};

/** What a liar is told to do. */
export type LiePlan = {
  readonly kind: LieName;
  /** Share of its results, in (0, 1]. */
  readonly rate: number;
  /** Null: as the kind has it. */
  readonly after: number | null;
  readonly secret: string;
};

const RESULTS_MAX = 1_000_000;
const SECRET_CHARS_MAX = 200;

/** The kinds with a sentence each, for --help. */
export function lieListing(): string {
  const width = Math.max(...LIE_NAMES.map((name) => name.length));
  return LIE_NAMES.map((name) => `  ${name.padEnd(width)}  ${LIES[name].sentence}`).join('\n');
}

/** Adds the options of agents that lie, whatever the kind. */
export function withLieRate(command: Command): Command {
  return command
    .option('--rate <share>', 'share of its results that are lies, above 0, at most 1 (default 1)')
    .option('--lie-after <count>', 'results that it tells rightly first')
    .option('--lie-secret <text>', 'what colluding liars share (default none)');
}

/** What the options of `agent` ask for; null: to be honest. Errors: config_invalid. */
export function parseLie(options: LieOptions): Outcome<LiePlan | null> {
  if (options.lie !== undefined) {
    const kind = parseLieName(options.lie);
    if (kind === null) return refuse(`--lie ${options.lie} is none of: ${LIE_NAMES.join(', ')}`);
    return parseLieRate(kind, options);
  }
  const lone = { rate: '--rate', lieAfter: '--lie-after', lieSecret: '--lie-secret' } as const;
  for (const name of ['rate', 'lieAfter', 'lieSecret'] as const) {
    if (options[name] !== undefined) return refuse(`${lone[name]} is of use with --lie only`);
  }
  return succeed(null);
}

/** How often, from when on and with whom one of a kind lies. Errors: config_invalid. */
export function parseLieRate(kind: LieName, options: Omit<LieOptions, 'lie'>): Outcome<LiePlan> {
  const { rate: rateText = '1', lieAfter, lieSecret: secret = '' } = options;
  const rate = /^[\d.]{1,20}$/.test(rateText) ? Number(rateText) : Number.NaN;
  if (!(rate > 0 && rate <= 1)) {
    return refuse(`--rate ${rateText} is not a share such as 0.05, above 0 and at most 1`);
  }
  const after = lieAfter === undefined || /^\d{1,7}$/.test(lieAfter) ? Number(lieAfter ?? 0) : -1;
  if (after < 0 || after > RESULTS_MAX) {
    return refuse(`--lie-after ${lieAfter} is not a whole number up to ${RESULTS_MAX}`);
  }
  if (secret.length > SECRET_CHARS_MAX) {
    return refuse(`--lie-secret has more than ${SECRET_CHARS_MAX} characters`);
  }
  return succeed({ kind, rate, after: lieAfter === undefined ? null : after, secret });
}

/** Makes the liar, with a seed of its own. */
export function liarFor(plan: LiePlan): Liar {
  return makeLiar({ ...plan, seed: seedFrom(randomBytes(4)) });
}

function refuse(text: string): Outcome<never> {
  return fail(failure('config_invalid', `${text}.`));
}
