import { succeed, type Outcome } from '../domain/outcome.ts';

/** Parses every item; the first failure ends it. */
export function collect<In, Out>(
  items: readonly In[],
  parse: (item: In) => Outcome<Out>,
): Outcome<Out[]> {
  const parsed: Out[] = [];
  for (const item of items) {
    const outcome = parse(item);
    if (!outcome.ok) return outcome;
    parsed.push(outcome.value);
  }
  return succeed(parsed);
}
