/** What the header of a .npy file may consist of, out of Python's literals. */
export type NpyLiteral =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'truth'; readonly truth: boolean }
  | { readonly kind: 'integers'; readonly integers: readonly number[] }
  /** A list: how numpy writes a structured type. Its content is not looked at. */
  | { readonly kind: 'list' };

/**
 * The entries of a Python dict of texts, truths and tuples of integers; or why it is none.
 *
 * A list ends the reading: what follows is not looked at, since no header with one is accepted.
 * The text comes from an attacker: no recursion, no evaluation, time linear in its length.
 */
export function parseNpyDict(header: string): Map<string, NpyLiteral> | string {
  const entries = new Map<string, NpyLiteral>();
  // A token a match, blanks skipped; sticky, so that nothing is overlooked in between.
  const token =
    /[ \t]*(?:'([^'\\\n]*)'|"([^"\\\n]*)"|(True|False)\b|(\d+)L?(?![\w.])|([{}():,[\]]))/y;
  const next = (): RegExpExecArray | null => token.exec(header);
  const punctuation = (): string | undefined => next()?.[5];

  if (punctuation() !== '{') return 'it does not begin with {';
  for (;;) {
    const key = next();
    if (key?.[5] === '}') break;
    const name = key?.[1] ?? key?.[2];
    if (name === undefined) return 'a key is not a text';
    if (entries.has(name)) return `the key '${name}' is there twice`;
    if (punctuation() !== ':') return `no : behind the key '${name}'`;
    const literal = readLiteral(next);
    if (literal === null) return `the value of '${name}' does not parse`;
    entries.set(name, literal);
    if (literal.kind === 'list') return entries;
    const separator = punctuation();
    if (separator === '}') break;
    if (separator !== ',') return `no , behind the value of '${name}'`;
  }
  const rest = header.slice(token.lastIndex);
  return /^[ \t]*\n?$/.test(rest) ? entries : 'there is text behind the }';
}

function readLiteral(next: () => RegExpExecArray | null): NpyLiteral | null {
  const match = next();
  if (match === null) return null;
  const text = match[1] ?? match[2];
  if (text !== undefined) return { kind: 'text', text };
  if (match[3] !== undefined) return { kind: 'truth', truth: match[3] === 'True' };
  if (match[5] === '[') return { kind: 'list' };
  return match[5] === '(' ? readTuple(next) : null;
}

/** The rest of a tuple behind its ( : (), (3,) or (2, 3) or (2, 3,); (3) is no tuple. */
function readTuple(next: () => RegExpExecArray | null): NpyLiteral | null {
  const integers: number[] = [];
  let commas = 0;
  for (;;) {
    const match = next();
    if (match?.[5] === ')') {
      const isTuple = integers.length !== 1 || commas === 1;
      return isTuple ? { kind: 'integers', integers } : null;
    }
    if (match?.[4] === undefined) return null;
    integers.push(Number(match[4]));
    const separator = next()?.[5];
    if (separator === ')') return integers.length > 1 ? { kind: 'integers', integers } : null;
    if (separator !== ',') return null;
    commas += 1;
  }
}
