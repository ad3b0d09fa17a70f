const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1000,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1000 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1000 ** 3,
  gib: 1024 ** 3,
  t: 1024 ** 4,
  tb: 1000 ** 4,
  tib: 1024 ** 4,
};
const STEPS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/**
 * Bytes of "2GiB", "500 MB", "1.5g" or "1048576"; null where it is none.
 *
 * KB, MB, GB are powers of 1000; KiB, MiB, GiB and the bare letters are powers of 1024.
 */
export function parseHumanBytes(text: string): number | null {
  const [, number, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  // `constructor` and its like are no units.
  const scale = Object.hasOwn(UNITS, unit.toLowerCase()) ? UNITS[unit.toLowerCase()] : undefined;
  if (number === undefined || scale === undefined) return null;
  const bytes = Math.round(Number(number) * scale);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** Bytes for people: "1.2 MiB". */
export function formatBytes(bytes: number): string {
  let power = 0;
  while (power < STEPS.length - 1 && bytes >= 1024 ** (power + 1)) power++;
  const value = bytes / 1024 ** power;
  return `${power > 0 && value < 100 ? value.toFixed(1) : Math.round(value)} ${STEPS[power]}`;
}
