import { readFileSync } from 'node:fs';

/** Version of this package, as its package.json says: from the sources as from `dist/js`. */
export function softwareVersion(): string {
  for (const path of ['../../package.json', '../../../../package.json']) {
    try {
      const parsed: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
      if (typeof parsed === 'object' && parsed !== null && 'version' in parsed) {
        return String(parsed.version);
      }
    } catch {
      // Not there: it is the other place.
    }
  }
  return 'unknown';
}
