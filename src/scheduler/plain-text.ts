/** Plain data as JSON with the keys of objects sorted: equal for equal data, whoever made it. */
export function plainText(value: unknown): string {
  return JSON.stringify(value, sortedKeys) ?? 'undefined';
}

function sortedKeys(_: string, value: unknown): unknown {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
