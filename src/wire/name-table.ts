/** A two-way table between a domain word and a protobuf enum number. */
export type NameTable<Name extends string, Value extends number> = {
  toWire(name: Name): Value;
  /** Null for numbers without a word: unset, or newer than this build. */
  fromWire(value: number): Name | null;
};

/** Makes the table; a forgotten word fails to compile. */
export function nameTable<Name extends string, Value extends number>(
  values: Readonly<Record<Name, Value>>,
): NameTable<Name, Value> {
  const names = new Map<number, Name>();
  for (const name in values) names.set(values[name], name);
  return { toWire: (name) => values[name], fromWire: (value) => names.get(value) ?? null };
}
