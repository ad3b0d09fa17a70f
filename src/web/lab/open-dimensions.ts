const SIZE_MAX = 1_000_000;

/** "batch=4, sequence=128" as sizes by name; null where it is not written so. */
export function dimensionsIn(text: string): ReadonlyMap<string, number> | null {
  const dimensions = new Map<string, number>();
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const [, name, digits] = /^\s*(\S+?)\s*=\s*(\d{1,7})\s*$/.exec(part) ?? [];
    const size = Number(digits);
    if (name === undefined || !(size >= 1 && size <= SIZE_MAX)) return null;
    dimensions.set(name, size);
  }
  return dimensions;
}
