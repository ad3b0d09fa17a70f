import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';

/** What was given for `--input`, `--output` or `--constant`: "name=value", or a value alone. */
export type NamedValue = { readonly name: string | null; readonly value: string };

/** Splits at the first "=": a value that has one must be given with its name. */
export function parseNamedValue(text: string): NamedValue {
  const at = text.indexOf('=');
  if (at <= 0) return { name: null, value: text };
  return { name: text.slice(0, at), value: text.slice(at + 1) };
}

/**
 * Gives each value its name: a value alone belongs to the only name there is.
 *
 * Errors: config_invalid, naming the names that there are, for an unknown, doubled or missing one.
 */
export function assignNames(
  texts: readonly string[],
  options: {
    /** As in "--input". */
    readonly flag: string;
    readonly names: readonly string[];
    /** Every name needs a value. */
    readonly isComplete: boolean;
  },
): Outcome<ReadonlyMap<string, string>> {
  const { flag, names, isComplete } = options;
  const refuse = (text: string): Outcome<never> =>
    fail(failure('config_invalid', `${text}. ${offered(options)}`));
  const assigned = new Map<string, string>();
  for (const text of texts) {
    const { name: given, value } = parseNamedValue(text);
    const [only, ...others] = names;
    const name = given ?? (others.length === 0 ? only : undefined);
    if (name === undefined) return refuse(`"${flag} ${text}" needs a name: ${flag} name=${value}`);
    if (!names.includes(name)) return refuse(`there is no "${name}" for ${flag}`);
    if (assigned.has(name)) return refuse(`${flag} ${name} was given twice`);
    if (value === '') return refuse(`${flag} ${name}= names no value`);
    assigned.set(name, value);
  }
  const missing = names.find((name) => !assigned.has(name));
  if (isComplete && missing !== undefined) return refuse(`${flag} ${missing}=… is missing`);
  return succeed(assigned);
}

function offered({ flag, names }: { flag: string; names: readonly string[] }): string {
  return names.length === 0 ? `Nothing takes ${flag} here.` : `There is: ${names.join(', ')}.`;
}
