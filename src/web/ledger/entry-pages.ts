const BUNDLE = 256;

/** A page of entries: one bundle of the log. */
export type EntryPage = {
  readonly bundle: number;
  /** Index of its first entry, and behind its last. */
  readonly start: number;
  readonly end: number;
};

/** The page that an entry stands on, in a log of so many entries; the last one where it is none. */
export function pageOf(index: number | null, size: number): EntryPage | null {
  if (size === 0) return null;
  const within = index === null || index < 0 ? size - 1 : Math.min(index, size - 1);
  const bundle = Math.floor(within / BUNDLE);
  return { bundle, start: bundle * BUNDLE, end: Math.min(size, (bundle + 1) * BUNDLE) };
}

/** The newest entries of the page before and after this one; null where there is none. */
export function besidePages(
  { start, end }: EntryPage,
  size: number,
): { readonly olderIndex: number | null; readonly newerIndex: number | null } {
  return { olderIndex: start === 0 ? null : start - 1, newerIndex: end >= size ? null : end };
}
