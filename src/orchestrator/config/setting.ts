import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';

/**
 * One thing that an operator may choose, and all that is to be known of it: flags, environment,
 * file, help and `--print-config` are made from this.
 */
export type Setting<Value> = {
  /** The flag without its dashes: `tls-cert`. */
  readonly flag: string;
  readonly environment: string;
  /** What the value stands for in help: PORT, DIR. Null for a switch, which takes none. */
  readonly placeholder: string | null;
  /** Null for what has no unit. */
  readonly unit: string | null;
  readonly fallback: Value;
  /** What is allowed, in words that follow "must be". */
  readonly allowed: string;
  readonly doc: string;
  /** It may hold a password: failures do not show it. */
  readonly isSecret?: boolean;
  /** The value of what was given, text or JSON; undefined where it is not allowed. */
  readonly parse: (given: unknown) => Value | undefined;
};

type Described = Pick<
  Setting<unknown>,
  'flag' | 'environment' | 'placeholder' | 'unit' | 'doc' | 'allowed' | 'isSecret'
>;

/** A setting that is a whole number within a range. */
export function integerSetting(
  about: Omit<Described, 'allowed'> & { fallback: number; min: number; max: number },
): Setting<number> {
  const { min, max, ...rest } = about;
  return {
    ...rest,
    allowed: `a whole number from ${min} to ${max}`,
    parse: (given) => {
      if (typeof given === 'string' && !/^\d{1,15}$/.test(given)) return undefined;
      if (typeof given !== 'string' && typeof given !== 'number') return undefined;
      const value = Number(given);
      return Number.isInteger(value) && value >= min && value <= max ? value : undefined;
    },
  };
}

/** A setting that is on or off. */
export function switchSetting(
  about: Omit<Described, 'allowed' | 'placeholder' | 'unit'> & { fallback: boolean },
): Setting<boolean> {
  const values = new Map<unknown, boolean>([
    [true, true],
    ['true', true],
    ['1', true],
    [false, false],
    ['false', false],
    ['0', false],
  ]);
  return {
    ...about,
    placeholder: null,
    unit: null,
    allowed: 'true or false',
    parse: (given) => values.get(given),
  };
}

/** A setting that is one of some words. */
export function choiceSetting<Choice extends string>(
  about: Omit<Described, 'allowed' | 'unit'> & { choices: readonly Choice[]; fallback: Choice },
): Setting<Choice> {
  const { choices, ...rest } = about;
  return {
    ...rest,
    unit: null,
    allowed: `one of ${choices.join(', ')}`,
    parse: (given) => choices.find((choice) => choice === given),
  };
}

/** A setting that is text of a form. */
export function textSetting<Value extends string | null>(
  about: Described & { fallback: Value; pattern: RegExp },
): Setting<string | Value> {
  const { pattern, ...rest } = about;
  return {
    ...rest,
    parse: (given) => {
      if (given === null && about.fallback === null) return about.fallback;
      return typeof given === 'string' && pattern.test(given) ? given : undefined;
    },
  };
}

/** A setting that is a list of texts of a form: separated by commas, or a JSON array. */
export function listSetting(
  about: Described & { fallback: readonly string[]; pattern: RegExp },
): Setting<readonly string[]> {
  const { pattern, ...rest } = about;
  return {
    ...rest,
    parse: (given) => {
      const items: unknown = typeof given === 'string' ? splitList(given) : given;
      if (!Array.isArray(items)) return undefined;
      const texts = items.filter((item): item is string => typeof item === 'string');
      const fits = texts.length === items.length && texts.every((text) => pattern.test(text));
      return fits ? texts : undefined;
    },
  };
}

/** The value given for a setting. Errors: "config_invalid", saying where and what is allowed. */
export function parseSetting<Value>(
  setting: Setting<Value>,
  given: { readonly value: unknown; readonly from: string },
): Outcome<Value> {
  const value = setting.parse(given.value);
  if (value !== undefined) return succeed(value);
  const json = JSON.stringify(given.value)?.slice(0, 100) ?? 'nothing';
  const shown = setting.isSecret === true ? 'not shown here' : json;
  const unit = setting.unit === null ? '' : `, in ${setting.unit}`;
  const text = `${given.from} is ${shown}; it must be ${setting.allowed}${unit}`;
  return fail(failure('config_invalid', `${text}. Change it or leave it out.`));
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
